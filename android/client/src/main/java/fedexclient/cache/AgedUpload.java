package fedexclient.cache;

/** An upload that has waited for long. */
public final class AgedUpload {
  private final String id;
  private final int samples;

  AgedUpload(String id, int samples) {
    this.id = id;
    this.samples = samples;
  }

  public String id() {
    return id;
  }

  /** How many were sealed into it. */
  public int samples() {
    return samples;
  }
}
