package fedexclient.keeping;

/** Feedback that was kept. */
public final class KeptFeedback {
  private final long inference;
  private final String label;
  private final long revision;

  KeptFeedback(long inference, String label, long revision) {
    this.inference = inference;
    this.label = label;
    this.revision = revision;
  }

  public long inference() {
    return inference;
  }

  public String label() {
    return label;
  }

  /** Of two on one sample, the one with the higher revision counts. */
  public long revision() {
    return revision;
  }
}
