package fedexclient.recognise;

/**
 * How much each pixel of a row counts in each pixel of a shorter or longer one: bilinear with antialiasing.
 *
 * <p>Output pixel i of n, of a length N, is the mean of the pixels j, weighted by
 * max(0, 1 - |j + 0.5 - (i + 0.5) N / n| / max(1, N / n)): one triangle as wide as the reduction, and not an average of
 * whole pixels first. What the detector and the prefix see hangs on it.
 */
final class TriangleFilter {
  /** Weights are in units of 2^-22: 255 times their sum fits an int. */
  static final int WEIGHT_BITS = 22;

  static final int HALF = 1 << (WEIGHT_BITS - 1);

  private final int size;
  private final int widest;
  private final int[] firsts;
  private final int[] counts;
  private final int[] weights;

  private TriangleFilter(int size, int widest) {
    this.size = size;
    this.widest = widest;
    this.firsts = new int[size];
    this.counts = new int[size];
    this.weights = new int[Math.multiplyExact(size, widest)];
  }

  /** The filter that takes the pixels between two places of a row of some length to so many. */
  static TriangleFilter of(Span span, int length) {
    double step = (span.to() - span.from()) / span.size();
    double reach = Math.max(1, step);
    TriangleFilter filter = new TriangleFilter(span.size(), 2 * (int) Math.ceil(reach) + 1);
    double[] shares = new double[filter.widest];
    for (int index = 0; index < filter.size; index++) {
      double centre = span.from() + (index + 0.5) * step;
      int first = Math.max(0, (int) (centre - reach + 0.5));
      int last = Math.min(length, (int) (centre + reach + 0.5));
      double sum = 0;
      for (int pixel = first; pixel < last; pixel++) {
        shares[pixel - first] = Math.max(0, 1 - Math.abs(pixel + 0.5 - centre) / reach);
        sum += shares[pixel - first];
      }
      filter.firsts[index] = first;
      filter.counts[index] = last - first;
      for (int pixel = 0; pixel < last - first; pixel++) {
        filter.weights[index * filter.widest + pixel] = (int) Math.rint(shares[pixel] / sum * (1 << WEIGHT_BITS));
      }
    }
    return filter;
  }

  /** The number of output pixels. */
  int size() {
    return size;
  }

  /** The first pixel that counts in an output pixel. */
  int first(int index) {
    return firsts[index];
  }

  /** How many count in it. */
  int count(int index) {
    return counts[index];
  }

  /** How much the pixel counts that comes so many after the first. */
  int weight(int index, int pixel) {
    return weights[index * widest + pixel];
  }

  /** The first pixel that counts anywhere. */
  int begin() {
    return firsts[0];
  }

  /** Beyond the last one. */
  int end() {
    return firsts[size - 1] + counts[size - 1];
  }

  /** A part of a row, in pixels or parts of them, and how many pixels it becomes. */
  static final class Span {
    private final double from;
    private final double to;
    private final int size;

    Span(double from, double to, int size) {
      this.from = from;
      this.to = to;
      this.size = size;
    }

    double from() {
      return from;
    }

    double to() {
      return to;
    }

    int size() {
      return size;
    }
  }
}
