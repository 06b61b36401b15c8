package fedexclient.photos;

import fedexclient.recognise.Pixels;

/** One decoded photo. */
public final class Photo {
  private final Pixels pixels;
  private final int divisor;
  private final byte[] fileSha256;

  Photo(Pixels pixels, int divisor, byte[] fileSha256) {
    this.pixels = pixels;
    this.divisor = divisor;
    this.fileSha256 = fileSha256;
  }

  /** In colour, and upright. */
  public Pixels pixels() {
    return pixels;
  }

  /** What its sides were divided by as it was decoded: places in the pixels times this are places in the file's. */
  public int divisor() {
    return divisor;
  }

  /** A copy: 32 bytes, of the file that it was decoded from, of which its sample id is made. */
  public byte[] fileSha256() {
    return fileSha256.clone();
  }
}
