package fedexclient.contract;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A threshold and what it does, by estimate; both shares count each label and each stranger once. */
public final class UnknownPoint {
  private final double threshold;
  private final @Nullable Integer knownPpm;
  private final int strangersPpm;

  private UnknownPoint(double threshold, @Nullable Integer knownPpm, int strangersPpm) {
    this.threshold = threshold;
    this.knownPpm = knownPpm;
    this.strangersPpm = strangersPpm;
  }

  static UnknownPoint parse(Fields fields) throws ContractException {
    @Nullable Integer known = fields.has("known_ppm") ? Integer.valueOf(ppm(fields, "known_ppm")) : null;
    return new UnknownPoint(fields.number("threshold", 0, 1), known, ppm(fields, "strangers_ppm"));
  }

  private static int ppm(Fields fields, String key) throws ContractException {
    return (int) fields.integer(key, 0, SelfTest.PPM);
  }

  /** 0 to 1. */
  public double threshold() {
    return threshold;
  }

  /** The share of samples of known labels that are answered with their own label; null where too few tell. */
  public @Nullable Integer knownPpm() {
    return knownPpm;
  }

  /** The share of strangers' samples that are answered with any label. */
  public int strangersPpm() {
    return strangersPpm;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof UnknownPoint)) {
      return false;
    }
    UnknownPoint that = (UnknownPoint) other;
    return threshold == that.threshold && strangersPpm == that.strangersPpm
        && Objects.equals(knownPpm, that.knownPpm);
  }

  @Override
  public int hashCode() {
    return Objects.hash(threshold, knownPpm, strangersPpm);
  }
}
