package fedexclient.sync;

import org.jspecify.annotations.Nullable;

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
   * @param intervalS seconds between two rounds, on average; each wait is drawn anew. At least 1.
   */
  public SyncPolicy(boolean needsCharging, boolean needsIdle, boolean needsUnmetered, long intervalS) {
    this.needsCharging = needsCharging;
    this.needsIdle = needsIdle;
    this.needsUnmetered = needsUnmetered;
    this.intervalS = Math.max(1, intervalS);
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

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof SyncPolicy)) {
      return false;
    }
    SyncPolicy that = (SyncPolicy) other;
    return needsCharging == that.needsCharging && needsIdle == that.needsIdle
        && needsUnmetered == that.needsUnmetered && intervalS == that.intervalS;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(intervalS) * 8 + (needsCharging ? 4 : 0) + (needsIdle ? 2 : 0) + (needsUnmetered ? 1 : 0);
  }
}
