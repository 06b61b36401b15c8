package fedexclient.recognise;

import java.util.Arrays;

/** A face that was found: its box and six points, in shares of what was looked at, or in a photo's pixels. */
final class Face {
  /** Eyes, nose, mouth, ears, as they stand in the photo. */
  static final int POINTS = 6;

  static final int LEFT_EYE = 0;
  static final int RIGHT_EYE = 1;
  static final int MOUTH = 3;

  private final double score;
  private final double x;
  private final double y;
  private final double width;
  private final double height;
  private final double[] points;

  /** Makes a face of its centre, its size, and x, y of each point, an array that nobody changes afterwards. */
  Face(double score, double x, double y, double width, double height, double[] points) {
    this.score = score;
    this.x = x;
    this.y = y;
    this.width = width;
    this.height = height;
    this.points = points;
  }

  /** The same face elsewhere: each place is moved, the box is stretched. */
  Face moved(Move move, double acrossScale, double downScale) {
    double[] centre = move.of(x, y);
    double[] elsewhere = new double[points.length];
    for (int point = 0; point < POINTS; point++) {
      System.arraycopy(move.of(pointX(point), pointY(point)), 0, elsewhere, 2 * point, 2);
    }
    return new Face(score, centre[0], centre[1], width * acrossScale, height * downScale, elsewhere);
  }

  double score() {
    return score;
  }

  /** Of the centre of its box. */
  double x() {
    return x;
  }

  double y() {
    return y;
  }

  /** Of its box. */
  double width() {
    return width;
  }

  double height() {
    return height;
  }

  double left() {
    return x - width / 2;
  }

  double top() {
    return y - height / 2;
  }

  double right() {
    return x + width / 2;
  }

  double bottom() {
    return y + height / 2;
  }

  double pointX(int point) {
    return points[2 * point];
  }

  double pointY(int point) {
    return points[2 * point + 1];
  }

  /** The angle from one eye to the other, in radians, clockwise as one looks at the photo. */
  double tilt() {
    return Math.atan2(pointY(RIGHT_EYE) - pointY(LEFT_EYE), pointX(RIGHT_EYE) - pointX(LEFT_EYE));
  }

  /** Whether the centre of another face lies in the box, its edges included. */
  boolean holdsCentreOf(Face other) {
    return left() <= other.x && other.x <= right() && top() <= other.y && other.y <= bottom();
  }

  double distanceTo(double otherX, double otherY) {
    return Math.hypot(x - otherX, y - otherY);
  }

  @Override
  public String toString() {
    return score + " at " + x + ", " + y + ", " + width + " x " + height + ", " + Arrays.toString(points);
  }

  /** Where a place is elsewhere. */
  interface Move {
    /** Returns x and y. */
    double[] of(double x, double y);
  }
}
