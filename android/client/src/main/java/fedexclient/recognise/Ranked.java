package fedexclient.recognise;

/** A label and how probable it is. */
public final class Ranked {
  private final String label;
  private final double probability;

  /** Pairs a label with its calibrated probability, 0 to 1. */
  public Ranked(String label, double probability) {
    this.label = label;
    this.probability = probability;
  }

  public String label() {
    return label;
  }

  /** 0 to 1, calibrated. */
  public double probability() {
    return probability;
  }

  @Override
  public String toString() {
    return label + " " + probability;
  }
}
