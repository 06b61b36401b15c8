package fedexclient.recognise;

/** How a photo is turned so that it stands as its maker meant it: the eight values of EXIF. */
public enum Orientation {
  UPRIGHT(false, false, false),
  MIRRORED(false, true, false),
  HALF_TURN(false, true, true),
  FLIPPED(false, false, true),
  TRANSPOSED(true, false, false),
  QUARTER_TURN(true, true, false),
  TRANSVERSED(true, true, true),
  THREE_QUARTER_TURN(true, false, true);

  private final boolean swaps;
  private final boolean mirrors;
  private final boolean flips;

  /** Swaps rows and columns first; then mirrors left to right, and top to bottom. */
  Orientation(boolean swaps, boolean mirrors, boolean flips) {
    this.swaps = swaps;
    this.mirrors = mirrors;
    this.flips = flips;
  }

  /** The orientation of a number in EXIF, 1 to 8; any other one says nothing, as 1. */
  public static Orientation ofExif(int number) {
    return number >= 1 && number <= 8 ? values()[number - 1] : UPRIGHT;
  }

  /** Whether width and height change places. */
  boolean swaps() {
    return swaps;
  }

  /** Where a pixel of a photo, stored as width x height, lies when it is upright: its number, row by row. */
  int place(int x, int y, int width, int height) {
    int row = swaps ? x : y;
    int column = swaps ? y : x;
    int across = swaps ? height : width;
    int down = swaps ? width : height;
    return (flips ? down - 1 - row : row) * across + (mirrors ? across - 1 - column : column);
  }

  /** Turns a photo, as it is stored, upright: for those who decode by other means than this library's. */
  public Pixels turn(Pixels stored) {
    if (this == UPRIGHT) {
      return stored;
    }
    int channels = stored.channels();
    byte[] from = stored.values();
    byte[] turned = new byte[from.length];
    int at = 0;
    for (int y = 0; y < stored.height(); y++) {
      for (int x = 0; x < stored.width(); x++) {
        int place = place(x, y, stored.width(), stored.height());
        System.arraycopy(from, at, turned, place * channels, channels);
        at += channels;
      }
    }
    int width = swaps ? stored.height() : stored.width();
    int height = swaps ? stored.width() : stored.height();
    return Pixels.of(width, height, channels, turned);
  }
}
