package fedexapp.learner;

import org.jspecify.annotations.Nullable;

/** How the last push or pull ended. */
public final class SyncResult {
  private final Outcome outcome;
  private final long at;
  private final long number;
  private final @Nullable Exception failure;

  private SyncResult(Outcome outcome, long at, long number, @Nullable Exception failure) {
    this.outcome = outcome;
    this.at = at;
    this.number = number;
    this.failure = failure;
  }

  /** A push that uploaded some samples, or found that none waits. */
  public static SyncResult sent(long samples, long at) {
    return new SyncResult(samples == 0 ? Outcome.NOTHING_WAITS : Outcome.SENT, at, samples, null);
  }

  /** A pull that installed a release. */
  public static SyncResult installed(long serial, long at) {
    return new SyncResult(Outcome.INSTALLED, at, serial, null);
  }

  /** A pull that found nothing newer. */
  public static SyncResult current(long at) {
    return new SyncResult(Outcome.CURRENT, at, 0, null);
  }

  /** A push or pull that did not end well. */
  public static SyncResult failed(Exception failure, long at) {
    return new SyncResult(Outcome.FAILED, at, 0, failure);
  }

  public Outcome outcome() {
    return outcome;
  }

  /** Unix seconds. */
  public long at() {
    return at;
  }

  /** The samples that were sent, or the serial that was installed. */
  public long number() {
    return number;
  }

  /** Why it did not end well; null where it did. */
  public @Nullable Exception failure() {
    return failure;
  }

  /** What came of it. */
  public enum Outcome {
    SENT,
    NOTHING_WAITS,
    INSTALLED,
    CURRENT,
    FAILED
  }
}
