package fedexapp.learner;

import org.jspecify.annotations.Nullable;

/** The head that answers now. */
public final class Release {
  private final long serial;
  private final @Nullable Long since;
  private final @Nullable Double accuracy;
  private final long measuredOn;

  /**
   * Takes what is known of it.
   *
   * @param serial 0: the one that the app came with
   * @param since when this phone began to use it, Unix seconds; null: not known
   * @param accuracy 0 to 1, on samples that were held out; null: not measured
   * @param measuredOn how many were held out
   */
  public Release(long serial, @Nullable Long since, @Nullable Double accuracy, long measuredOn) {
    this.serial = serial;
    this.since = since;
    this.accuracy = accuracy;
    this.measuredOn = measuredOn;
  }

  /** 0: the one that the app came with. */
  public long serial() {
    return serial;
  }

  /** When this phone began to use it, Unix seconds; null: not known. */
  public @Nullable Long since() {
    return since;
  }

  /** 0 to 1, on samples that were held out; null: not measured. */
  public @Nullable Double accuracy() {
    return accuracy;
  }

  /** How many were held out. */
  public long measuredOn() {
    return measuredOn;
  }
}
