package fedexclient.cache;

/** Samples with feedback that is in no upload yet, all computed by one setup. */
public final class WaitingSamples {
  private final KeptSetup setup;
  private final int samples;

  /** Counts the samples of a setup. */
  public WaitingSamples(KeptSetup setup, int samples) {
    this.setup = setup;
    this.samples = samples;
  }

  public KeptSetup setup() {
    return setup;
  }

  /** How many. */
  public int samples() {
    return samples;
  }
}
