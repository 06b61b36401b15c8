package fedexapp.photo;

/** The pixels of an upright photo. */
public final class WholeSize {
  private final int width;
  private final int height;

  public WholeSize(int width, int height) {
    this.width = width;
    this.height = height;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** By which power of two its sides are divided to be about as large as a square. */
  int divisor(int side) {
    return Math.max(1, Integer.highestOneBit(Math.max(width, height) / Math.max(side, 1)));
  }
}
