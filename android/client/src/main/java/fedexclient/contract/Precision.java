package fedexclient.contract;

/** How the weights of a head are stored, in the order in which others than the wanted one are tried. */
public enum Precision {
  FLOAT32("float32", 1e-3),
  FLOAT16("float16", 1e-3),
  DYNAMIC("dynamic", 2e-2);

  private final String text;
  private final double tolerance;

  Precision(String text, double tolerance) {
    this.text = text;
    this.tolerance = tolerance;
  }

  /** How far logits may be off in a trial, as a share of their scale. */
  double tolerance() {
    return tolerance;
  }

  /** The name in documents. */
  @Override
  public String toString() {
    return text;
  }
}
