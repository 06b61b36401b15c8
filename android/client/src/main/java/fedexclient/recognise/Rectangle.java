package fedexclient.recognise;

/** Some pixels of a picture, counted from its left and its top. */
final class Rectangle {
  private final int left;
  private final int top;
  private final int width;
  private final int height;

  Rectangle(int left, int top, int width, int height) {
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
  }

  /** The rectangle of a size in the middle of a whole, half a pixel to the left or the top where it is odd. */
  static Rectangle centred(int width, int height, int wholeWidth, int wholeHeight) {
    return new Rectangle((wholeWidth - width) / 2, (wholeHeight - height) / 2, width, height);
  }

  int left() {
    return left;
  }

  int top() {
    return top;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Rectangle)) {
      return false;
    }
    Rectangle one = (Rectangle) other;
    return one.left == left && one.top == top && one.width == width && one.height == height;
  }

  @Override
  public int hashCode() {
    return ((left * 31 + top) * 31 + width) * 31 + height;
  }

  @Override
  public String toString() {
    return "[" + left + ", " + top + ", " + width + ", " + height + "]";
  }
}
