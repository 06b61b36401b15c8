package fedexclient.recognise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** From logits to the labels of an answer: calibrated probabilities, the best first, or "unknown"; pure. */
final class Ranking {
  private final List<Ranked> results;
  private final boolean isUnknown;

  private Ranking(List<Ranked> results, boolean isUnknown) {
    this.results = results;
    this.isUnknown = isUnknown;
  }

  /**
   * Ranks a head's logits by softmax(logits / temperature).
   *
   * @param logits all finite, one a label
   * @param top how many labels are wanted
   */
  static Ranking of(float[] logits, List<String> labels, double temperature, double threshold, int top) {
    double[] probabilities = softmax(logits, temperature);
    Integer[] classes = new Integer[logits.length];
    Arrays.setAll(classes, index -> index);
    // Stable: ties go to the lower class.
    Arrays.sort(classes, (one, other) -> Double.compare(probabilities[other], probabilities[one]));
    List<Ranked> results = new ArrayList<>();
    for (int place = 0; place < Math.min(top, classes.length); place++) {
      results.add(new Ranked(labels.get(classes[place]), probabilities[classes[place]]));
    }
    return new Ranking(Collections.unmodifiableList(results), results.get(0).probability() < threshold);
  }

  private static double[] softmax(float[] logits, double temperature) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double[] shares = new double[logits.length];
    double sum = 0;
    for (int index = 0; index < logits.length; index++) {
      shares[index] = Math.exp((logits[index] - largest) / temperature);
      sum += shares[index];
    }
    for (int index = 0; index < shares.length; index++) {
      shares[index] /= sum;
    }
    return shares;
  }

  /** The best labels, best first. */
  List<Ranked> results() {
    return results;
  }

  /** Whether even the best is below the threshold in use. */
  boolean isUnknown() {
    return isUnknown;
  }
}
