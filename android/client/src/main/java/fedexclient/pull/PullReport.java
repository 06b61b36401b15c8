package fedexclient.pull;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a pull did. */
public final class PullReport {
  private final PullOutcome outcome;
  private final long serial;
  private final long size;

  /**
   * Says what was done.
   *
   * @param serial of the head that serves now; 0 is the bundle's
   * @param size the bytes that were downloaded
   */
  PullReport(PullOutcome outcome, long serial, long size) {
    this.outcome = outcome;
    this.serial = serial;
    this.size = size;
  }

  public PullOutcome outcome() {
    return outcome;
  }

  /** Of the head that serves now; 0 is the bundle's. */
  public long serial() {
    return serial;
  }

  /** The bytes that were downloaded. */
  public long size() {
    return size;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof PullReport)) {
      return false;
    }
    PullReport that = (PullReport) other;
    return outcome == that.outcome && serial == that.serial && size == that.size;
  }

  @Override
  public int hashCode() {
    return Objects.hash(outcome, serial, size);
  }

  @Override
  public String toString() {
    return outcome + "; release " + serial + " serves; " + size + " bytes downloaded";
  }
}
