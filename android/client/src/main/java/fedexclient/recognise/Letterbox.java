package fedexclient.recognise;

/** Where a photo lies in the detector's input: all of it, in its proportions, on black. */
final class Letterbox {
  private final int photoWidth;
  private final int photoHeight;
  private final int side;
  private final Rectangle inner;

  private Letterbox(int photoWidth, int photoHeight, int side, Rectangle inner) {
    this.photoWidth = photoWidth;
    this.photoHeight = photoHeight;
    this.side = side;
    this.inner = inner;
  }

  /** Places a photo in a square input, with a margin on each side in shares of its longer side. */
  static Letterbox of(int width, int height, int side, double margin) {
    double longer = Math.max(width, height) * (1 + 2 * margin);
    int across = (int) Math.max(1, Math.rint(width * (double) side / longer));
    int down = (int) Math.max(1, Math.rint(height * (double) side / longer));
    return new Letterbox(width, height, side, Rectangle.centred(across, down, side, side));
  }

  /** Where the photo lies in the input. */
  Rectangle inner() {
    return inner;
  }

  /** The detector's input. */
  Pixels fill(Pixels photo) {
    Pixels resized = Resizing.resize(photo, inner.width(), inner.height());
    return resized.onBlack(side, side, inner.left(), inner.top());
  }

  /** A face, given in shares of the input, in the photo's pixels. */
  Face inPhoto(Face face) {
    double across = (double) photoWidth / inner.width();
    double down = (double) photoHeight / inner.height();
    return face.moved(
        (x, y) -> new double[] {(x * side - inner.left()) * across, (y * side - inner.top()) * down},
        side * across, side * down);
  }
}
