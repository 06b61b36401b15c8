package fedexapp.learner;

/** How many of the answers that were agreed to or corrected are where. */
public final class Samples {
  private final long kept;
  private final long waiting;
  private final long refused;
  private final long acknowledged;

  /**
   * Takes the counts.
   *
   * @param kept on this phone, in all
   * @param waiting for the next push
   * @param refused by the service, for good
   * @param acknowledged the service has them
   */
  public Samples(long kept, long waiting, long refused, long acknowledged) {
    this.kept = kept;
    this.waiting = waiting;
    this.refused = refused;
    this.acknowledged = acknowledged;
  }

  /** On this phone, in all. */
  public long kept() {
    return kept;
  }

  /** For the next push. */
  public long waiting() {
    return waiting;
  }

  /** By the service, for good. */
  public long refused() {
    return refused;
  }

  /** The service has them. */
  public long acknowledged() {
    return acknowledged;
  }
}
