package fedexclient.contract;

/**
 * Whether a head answers as its manifest says: both sides' logits of the golden sample, compared.
 *
 * <p>What an answer hangs on are differences of logits in units of the temperature, so what all logits share does not
 * count.
 */
public final class LogitsTrial {
  private static final double MAGNITUDE_SHARE = 0x1p-10;

  private final double off;
  private final double allowed;

  private LogitsTrial(double off, double allowed) {
    this.off = off;
    this.allowed = allowed;
  }

  /** Compares the logits of a head on this runtime with those that were expected, which are finite. */
  public static LogitsTrial of(float[] got, float[] expected, Precision precision, double temperature) {
    Range differences = new Range();
    Range wanted = new Range();
    for (int index = 0; index < expected.length; index++) {
      boolean finite = !Float.isNaN(got[index]) && !Float.isInfinite(got[index]);
      differences.add(finite ? (double) got[index] - expected[index] : Double.NaN);
      wanted.add(expected[index]);
    }
    double magnitude = Math.max(Math.abs(wanted.low), Math.abs(wanted.high));
    double scale = Math.max(Math.max(wanted.length(), temperature), MAGNITUDE_SHARE * magnitude);
    return new LogitsTrial(differences.length() / 2, precision.tolerance() * scale);
  }

  /** Half of the range of the differences; NaN where a logit is not finite. */
  public double off() {
    return off;
  }

  /** How far they may be off. */
  public double allowed() {
    return allowed;
  }

  /** Whether the head answers as it should. */
  public boolean passes() {
    return off <= allowed;
  }

  /** Least and greatest of some numbers; NaN where one of them is. */
  private static final class Range {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;

    void add(double value) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }

    double length() {
      return high - low;
    }
  }
}
