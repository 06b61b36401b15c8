package fedexclient.cache;

/** The uploads that wait to be sent, counted. */
public final class UnsentCount {
  private final int uploads;
  private final long bytes;

  UnsentCount(int uploads, long bytes) {
    this.uploads = uploads;
    this.bytes = bytes;
  }

  /** How many. */
  public int uploads() {
    return uploads;
  }

  /** Of all of them. */
  public long bytes() {
    return bytes;
  }
}
