package fedexclient.sync;

/** What has to hold before a device pushes and pulls by itself, and how often it does. */
public final class SyncPolicy {
  /** Charging, idle, on an unmetered network; every hour on average. */
  public static final SyncPolicy USUAL = new SyncPolicy(true, true, true, 3_600);

  private final boolean needsCharging;
  private final boolean needsIdle;
  private final boolean needsUnmetered;
  private final long intervalS;

  /**
   * Makes a policy.
   *
   * @param intervalS seconds between two rounds, on average; each wait is drawn anew. At least 1; of a number below
   *     that there is an {@code IllegalArgumentException}
   */
  public SyncPolicy(boolean needsCharging, boolean needsIdle, boolean needsUnmetered, long intervalS) {
    if (intervalS < 1) {
      throw new IllegalArgumentException("seconds between rounds: expected at least 1, got " + intervalS);
    }
    this.needsCharging = needsCharging;
    this.needsIdle = needsIdle;
    this.needsUnmetered = needsUnmetered;
    this.intervalS = intervalS;
  }

  public boolean needsCharging() {
    return needsCharging;
  }

  public boolean needsIdle() {
    return needsIdle;
  }

  public boolean needsUnmetered() {
    return needsUnmetered;
  }

  /** Seconds between two rounds, on average. */
  public long intervalS() {
    return intervalS;
  }
}
