package fedexclient.recognise;

import java.util.Arrays;

/** A picture of one byte for each channel of each pixel, row by row: red, green, blue; or grey. Nobody changes it. */
public final class Pixels {
  /** Red, green and blue. */
  public static final int COLOUR = 3;

  /** Luma. */
  public static final int GREY = 1;

  /** Of a photo. */
  public static final int MAX_PIXELS = 64_000_000;

  private final int width;
  private final int height;
  private final int channels;
  private final byte[] values;

  private Pixels(int width, int height, int channels, byte[] values) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.values = values;
  }

  /** Takes values that are right by construction, and that nobody changes afterwards. */
  static Pixels of(int width, int height, int channels, byte[] values) {
    if (values.length != (long) width * height * channels) {
      String expected = width + " x " + height + " x " + channels;
      throw new IllegalArgumentException(values.length + " bytes for " + expected);
    }
    return new Pixels(width, height, channels, values);
  }

  static Pixels black(int width, int height, int channels) {
    return of(width, height, channels, new byte[Math.multiplyExact(width * channels, height)]);
  }

  /**
   * Copies a photo: red, green and blue, a byte each, row by row.
   *
   * @throws PhotoException another number of bytes, no pixel, or over 64 million
   */
  public static Pixels ofRgb(int width, int height, byte[] values) throws PhotoException {
    checkSize(width, height);
    if (values.length != COLOUR * width * height) {
      String expected = COLOUR * width * height + " bytes for " + width + " x " + height;
      throw new PhotoException("photo: expected " + expected + " pixels, got " + values.length);
    }
    return new Pixels(width, height, COLOUR, values.clone());
  }

  /**
   * Takes a photo row by row, as of a bitmap, so that there is no other copy of all of it.
   *
   * @throws PhotoException no pixel, or over 64 million
   */
  public static Pixels ofRows(int width, int height, Rows rows) throws PhotoException {
    return ofRows(width, height, Orientation.UPRIGHT, rows);
  }

  /**
   * The same of a photo that is stored turned: its pixels are put where they belong at once.
   *
   * @throws PhotoException no pixel, or over 64 million
   */
  public static Pixels ofRows(int width, int height, Orientation stored, Rows rows) throws PhotoException {
    checkSize(width, height);
    byte[] values = new byte[COLOUR * width * height];
    int first = stored.place(0, 0, width, height);
    int step = COLOUR * (width == 1 ? 0 : stored.place(1, 0, width, height) - first);
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      rows.read(y, row);
      int at = COLOUR * stored.place(0, y, width, height);
      for (int colour : row) {
        values[at] = (byte) (colour >> 16);
        values[at + 1] = (byte) (colour >> 8);
        values[at + 2] = (byte) colour;
        at += step;
      }
    }
    boolean isUpright = !stored.swaps();
    return new Pixels(isUpright ? width : height, isUpright ? height : width, COLOUR, values);
  }

  private static void checkSize(int width, int height) throws PhotoException {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      String got = width + " x " + height;
      throw new PhotoException("photo: expected 1 to " + MAX_PIXELS + " pixels, got " + got);
    }
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** 3: red, green, blue; 1: luma. */
  public int channels() {
    return channels;
  }

  /** A copy: row by row, of each pixel its channels. */
  public byte[] bytes() {
    return values.clone();
  }

  /** The same, not copied: for those who only read. */
  byte[] values() {
    return values;
  }

  int at(int x, int y, int channel) {
    return values[(y * width + x) * channels + channel] & 0xff;
  }

  /** Where the whole picture lies. */
  Rectangle all() {
    return new Rectangle(0, 0, width, height);
  }

  /** Each pixel's luma (ITU-R 601-2); of a grey picture itself. */
  Pixels luma() {
    return luma(all());
  }

  /** That of a part of the picture, a byte a pixel: no colours are copied. */
  Pixels luma(Rectangle part) {
    if (channels == GREY) {
      return part(part);
    }
    byte[] luma = new byte[part.width() * part.height()];
    int to = 0;
    for (int y = 0; y < part.height(); y++) {
      int from = ((part.top() + y) * width + part.left()) * COLOUR;
      for (int end = from + part.width() * COLOUR; from < end; from += COLOUR) {
        luma[to++] = luma(values[from] & 0xff, values[from + 1] & 0xff, values[from + 2] & 0xff);
      }
    }
    return new Pixels(part.width(), part.height(), GREY, luma);
  }

  private static byte luma(int red, int green, int blue) {
    return (byte) ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
  }

  /** A part of the picture; all of it is the picture itself. */
  Pixels part(Rectangle part) {
    if (part.equals(all())) {
      return this;
    }
    Pixels copy = black(part.width(), part.height(), channels);
    for (int y = 0; y < part.height(); y++) {
      int from = ((part.top() + y) * width + part.left()) * channels;
      System.arraycopy(values, from, copy.values, y * part.width() * channels, part.width() * channels);
    }
    return copy;
  }

  /** The picture on a black one of another size, with its upper left corner at a place; it lies wholly in that. */
  Pixels onBlack(int wholeWidth, int wholeHeight, int left, int top) {
    if (wholeWidth == width && wholeHeight == height) {
      return this;
    }
    Pixels whole = black(wholeWidth, wholeHeight, channels);
    for (int y = 0; y < height; y++) {
      int to = ((top + y) * wholeWidth + left) * channels;
      System.arraycopy(values, y * width * channels, whole.values, to, width * channels);
    }
    return whole;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Pixels)) {
      return false;
    }
    Pixels pixels = (Pixels) other;
    return pixels.width == width && pixels.channels == channels && Arrays.equals(pixels.values, values);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return width + " x " + height + " x " + channels;
  }

  /** Where the rows of a picture come from. */
  public interface Rows {
    /** Reads row {@code y}, one pixel an element: 0xRRGGBB, whose upper byte does not count. */
    void read(int y, int[] row);
  }
}
