package fedexclient.cache;

/** An upload that waits to be sent. */
public final class SealedUpload {
  private final String id;
  private final String space;
  private final int samples;
  private final byte[] body;

  /**
   * Makes one of its parts.
   *
   * @param id the sha256 of its body, in hexadecimal digits
   * @param space the id of the feature space
   * @param samples how many are in it
   */
  public SealedUpload(String id, String space, int samples, byte[] body) {
    this.id = id;
    this.space = space;
    this.samples = samples;
    this.body = body.clone();
  }

  public String id() {
    return id;
  }

  public String space() {
    return space;
  }

  public int samples() {
    return samples;
  }

  /** The bytes of its body. */
  public int size() {
    return body.length;
  }

  public byte[] body() {
    return body.clone();
  }
}
