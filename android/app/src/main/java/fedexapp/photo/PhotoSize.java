package fedexapp.photo;

/** The pixels of an upright photo. */
public final class PhotoSize {
  private final int width;
  private final int height;

  public PhotoSize(int width, int height) {
    this.width = width;
    this.height = height;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }
}
