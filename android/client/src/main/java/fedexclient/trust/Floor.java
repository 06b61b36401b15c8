package fedexclient.trust;

/**
 * The newest of one line of signed documents that was ever believed; nothing lower is taken.
 *
 * <p>Kept apart from the head, it stays whatever becomes of that.
 */
public final class Floor {
  /** Where nothing was believed yet. */
  public static final Floor NONE = new Floor(0, 0, 0);

  private final long serial;
  private final long passed;
  private final long issued;

  /**
   * Makes a floor.
   *
   * @param serial of the newest that was ever installed, or believed; 0: none was
   * @param passed the serial of a newer release that was believed and is for other devices; 0: none was
   * @param issued the newest time of issue that was ever installed of the group, Unix seconds; 0: none was
   */
  public Floor(long serial, long passed, long issued) {
    this.serial = serial;
    this.passed = passed;
    this.issued = issued;
  }

  public long serial() {
    return serial;
  }

  public long issued() {
    return issued;
  }

  void check(long got) throws ReplayedException {
    long lowest = Math.max(serial, passed);
    if (got < lowest) {
      throw new ReplayedException("expected serial " + lowest + " or higher, got " + got);
    }
  }
}
