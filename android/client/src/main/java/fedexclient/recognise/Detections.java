package fedexclient.recognise;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** From the rows of a detector to the faces of one look, in shares of its input; pure. */
final class Detections {
  /** Of a row: score, centre x, centre y, width, height, and x, y of six points; but for the score in shares. */
  static final int ROW = 5 + 2 * Face.POINTS;

  /** A width or height below it is of no face. */
  static final double SMALLEST = 0x1p-10;

  /** A number farther from 0 is of no face. */
  static final double FARTHEST = 16;

  private static final int SCORE = 0;
  private static final int X = 1;
  private static final int WIDTH = 3;
  private static final int HEIGHT = 4;
  private static final int FIRST_POINT = 5;

  private Detections() {}

  /**
   * Returns the faces of one look, the highest score first.
   *
   * <p>The best candidate (of equal ones the first) is merged with all that overlap it: each number is their mean,
   * weighted by score; the score stays the best one's. So on with the rest.
   */
  static List<Face> merge(float[] numbers, double leastScore, double overlap) {
    List<double[]> waiting = candidates(numbers, leastScore);
    List<Face> faces = new ArrayList<>();
    while (!waiting.isEmpty()) {
      double[] best = waiting.get(0);
      List<double[]> together = new ArrayList<>();
      List<double[]> others = new ArrayList<>();
      for (double[] row : waiting) {
        (row == best || overlap(best, row) > overlap ? together : others).add(row);
      }
      faces.add(mean(together));
      waiting = others;
    }
    return faces;
  }

  /** The rows that can be of a face, the highest score first. */
  private static List<double[]> candidates(float[] numbers, double leastScore) {
    List<double[]> candidates = new ArrayList<>();
    for (int start = 0; start + ROW <= numbers.length; start += ROW) {
      double[] row = new double[ROW];
      for (int index = 0; index < ROW; index++) {
        row[index] = numbers[start + index];
      }
      if (row[SCORE] >= leastScore && row[WIDTH] >= SMALLEST && row[HEIGHT] >= SMALLEST && isNear(row)) {
        candidates.add(row);
      }
    }
    // Stable: of equal scores the first row stays the first.
    Collections.sort(candidates, (one, other) -> Double.compare(other[SCORE], one[SCORE]));
    return candidates;
  }

  private static boolean isNear(double[] row) {
    boolean isNear = true;
    for (int index = X; index < ROW; index++) {
      isNear &= Math.abs(row[index]) <= FARTHEST;
    }
    return isNear;
  }

  /** The intersection over union of two rows' boxes. */
  private static double overlap(double[] one, double[] other) {
    double shared = shared(one, other, 0) * shared(one, other, 1);
    double areas = one[WIDTH] * one[HEIGHT] + other[WIDTH] * other[HEIGHT];
    return shared / (areas - shared);
  }

  /** How long two boxes overlap along an axis. */
  private static double shared(double[] one, double[] other, int axis) {
    return Math.max(0, Math.min(edge(one, axis, 0.5), edge(other, axis, 0.5))
        - Math.max(edge(one, axis, -0.5), edge(other, axis, -0.5)));
  }

  private static double edge(double[] row, int axis, double share) {
    return row[X + axis] + share * row[WIDTH + axis];
  }

  /** One face of its candidates, the best first; boxes are merged by their edges. */
  private static Face mean(List<double[]> rows) {
    double whole = 0;
    for (double[] row : rows) {
      whole += row[SCORE];
    }
    double[] low = new double[2];
    double[] high = new double[2];
    double[] points = new double[2 * Face.POINTS];
    for (double[] row : rows) {
      double weight = row[SCORE] / whole;
      for (int axis = 0; axis < 2; axis++) {
        low[axis] += weight * edge(row, axis, -0.5);
        high[axis] += weight * edge(row, axis, 0.5);
      }
      for (int index = 0; index < points.length; index++) {
        points[index] += weight * row[FIRST_POINT + index];
      }
    }
    double x = (low[0] + high[0]) / 2;
    double y = (low[1] + high[1]) / 2;
    return new Face(rows.get(0)[SCORE], x, y, high[0] - low[0], high[1] - low[1], points);
  }
}
