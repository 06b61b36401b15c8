package fedexclient.recognise;

/** A part of a photo that is looked at, perhaps turned; it may reach beyond the photo, where all is black. */
final class Square {
  private final double x;
  private final double y;
  private final double side;
  private final double angle;

  /** Makes a square of its centre, its side, and the angle in radians, clockwise as one looks at the photo. */
  Square(double x, double y, double side, double angle) {
    this.x = x;
    this.y = y;
    this.side = side;
    this.angle = angle;
  }

  double x() {
    return x;
  }

  double y() {
    return y;
  }

  double side() {
    return side;
  }

  double angle() {
    return angle;
  }

  /** Where in the photo a point lies that is given in shares of the square: x and y. */
  double[] inPhoto(double shareX, double shareY) {
    double right = (shareX - 0.5) * side;
    double down = (shareY - 0.5) * side;
    double cosine = Math.cos(angle);
    double sine = Math.sin(angle);
    return new double[] {x + right * cosine - down * sine, y + right * sine + down * cosine};
  }

  /** A face, given in shares of the square, in the photo's pixels; its box stays upright. */
  Face inPhoto(Face face) {
    return face.moved(this::inPhoto, side, side);
  }

  @Override
  public String toString() {
    return "[" + x + ", " + y + ", " + side + ", " + angle + "]";
  }
}
