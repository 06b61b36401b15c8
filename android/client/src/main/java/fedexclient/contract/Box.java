package fedexclient.contract;

/** The box of a face, in whole pixels of the oriented photo; it may reach beyond the photo. */
public final class Box {
  private final int left;
  private final int top;
  private final int right;
  private final int bottom;

  public Box(int left, int top, int right, int bottom) {
    this.left = left;
    this.top = top;
    this.right = right;
    this.bottom = bottom;
  }

  /** Takes each edge at the nearest whole pixel, halves up. */
  public static Box nearest(double left, double top, double right, double bottom) {
    return new Box(whole(left), whole(top), whole(right), whole(bottom));
  }

  private static int whole(double edge) {
    return (int) Math.floor(edge + 0.5);
  }

  public int left() {
    return left;
  }

  public int top() {
    return top;
  }

  public int right() {
    return right;
  }

  public int bottom() {
    return bottom;
  }

  /** The same place where each side has so many times as many pixels. */
  public Box times(int factor) {
    return new Box(left * factor, top * factor, right * factor, bottom * factor);
  }

  /** The intersection over union with another box; 0 if neither has an area. */
  public double overlap(Box other) {
    long width = Math.min((long) right, other.right) - Math.max(left, other.left);
    long height = Math.min((long) bottom, other.bottom) - Math.max(top, other.top);
    double shared = (double) Math.max(width, 0) * Math.max(height, 0);
    double union = area() + other.area() - shared;
    return union > 0 ? shared / union : 0;
  }

  private double area() {
    return ((double) right - left) * ((double) bottom - top);
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Box)) {
      return false;
    }
    Box box = (Box) other;
    return box.left == left && box.top == top && box.right == right && box.bottom == bottom;
  }

  @Override
  public int hashCode() {
    return ((left * 31 + top) * 31 + right) * 31 + bottom;
  }

  @Override
  public String toString() {
    return "[" + left + ", " + top + ", " + right + ", " + bottom + "]";
  }
}
