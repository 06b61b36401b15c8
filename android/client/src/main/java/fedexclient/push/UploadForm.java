package fedexclient.push;

import fedexclient.contract.Codec;
import fedexclient.contract.UploadHeader;

/** How uploads are made. */
public final class UploadForm {
  /** Gets through in two minutes of 1 KiB a second. */
  private static final int USUAL_BYTES = 128 << 10;

  private final Codec codec;
  private final int maxSamples;
  private final int maxBytes;

  /**
   * Makes one of its parts.
   *
   * @param codec how features are stored
   * @param maxSamples the most in one upload, 1 to 256
   * @param maxBytes the most of one upload, but for a single sample
   */
  public UploadForm(Codec codec, int maxSamples, int maxBytes) {
    check("samples", maxSamples, UploadHeader.MAX_SAMPLES);
    check("bytes", maxBytes, UploadHeader.MAX_BYTES);
    this.codec = codec;
    this.maxSamples = maxSamples;
    this.maxBytes = maxBytes;
  }

  private static void check(String what, int number, int most) {
    if (number < 1 || number > most) {
      throw new IllegalArgumentException(what + ": expected 1 to " + most + ", got " + number);
    }
  }

  /** Features of four bits, and uploads that get through a slow line. */
  public static UploadForm usual() {
    return new UploadForm(Codec.INT4, UploadHeader.MAX_SAMPLES, USUAL_BYTES);
  }

  public Codec codec() {
    return codec;
  }

  public int maxSamples() {
    return maxSamples;
  }

  public int maxBytes() {
    return maxBytes;
  }
}
