package fedexclient.photos;

import fedexclient.recognise.Pixels;

/** One decoded photo. */
public final class Photo {
  private final Pixels pixels;
  private final byte[] fileSha256;

  Photo(Pixels pixels, byte[] fileSha256) {
    this.pixels = pixels;
    this.fileSha256 = fileSha256;
  }

  /** In colour, and upright. */
  public Pixels pixels() {
    return pixels;
  }

  /** A copy: 32 bytes, of the file that it was decoded from, of which its sample id is made. */
  public byte[] fileSha256() {
    return fileSha256.clone();
  }
}
