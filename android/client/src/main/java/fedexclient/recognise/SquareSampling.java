package fedexclient.recognise;

import fedexclient.recognise.TriangleFilter.Span;

/**
 * Cuts a square out of a photo: the photo reduced with antialiasing, then bilinear between its pixels.
 *
 * <p>What is outside of the photo is black. Of the reduced photo only the part that the square covers is computed.
 */
final class SquareSampling {
  private final Pixels photo;
  private final Square square;
  private final int size;
  private final Axis across;
  private final Axis down;

  private SquareSampling(Pixels photo, Square square, int size) {
    this.photo = photo;
    this.square = square;
    this.size = size;
    double reduction = Math.min(1, size / square.side());
    this.across = new Axis(0, photo.width(), reduction);
    this.down = new Axis(1, photo.height(), reduction);
  }

  /** Returns the square as a picture of so many pixels a side. */
  static Pixels sample(Pixels photo, Square square, int size) {
    SquareSampling sampling = new SquareSampling(photo, square, size);
    if (sampling.across.isBeside() || sampling.down.isBeside()) {
      return Pixels.black(size, size, photo.channels());
    }
    return sampling.sample();
  }

  private Pixels sample() {
    Pixels part = Resizing.resize(photo, across.span(), down.span());
    Pixels result = Pixels.black(size, size, photo.channels());
    double cosine = Math.cos(square.angle()) * square.side() / size;
    double sine = Math.sin(square.angle()) * square.side() / size;
    for (int v = 0; v < size; v++) {
      double below = v + 0.5 - size / 2.0;
      for (int u = 0; u < size; u++) {
        double right = u + 0.5 - size / 2.0;
        double x = square.x() + right * cosine - below * sine;
        double y = square.y() + right * sine + below * cosine;
        if (x >= 0 && x < photo.width() && y >= 0 && y < photo.height()) {
          mix(part, across.inPart(x), down.inPart(y), result, (v * size + u) * photo.channels());
        }
      }
    }
    return result;
  }

  /** Writes the colour at a place between pixels; beyond the centres of the outermost it is theirs. */
  private static void mix(Pixels part, double x, double y, Pixels result, int to) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double rightShare = x - left;
    double lowerShare = y - top;
    int leftColumn = Math.max(0, Math.min(part.width() - 1, left));
    int rightColumn = Math.max(0, Math.min(part.width() - 1, left + 1));
    int upperRow = Math.max(0, Math.min(part.height() - 1, top));
    int lowerRow = Math.max(0, Math.min(part.height() - 1, top + 1));
    for (int channel = 0; channel < part.channels(); channel++) {
      double upper =
          between(part.at(leftColumn, upperRow, channel), part.at(rightColumn, upperRow, channel), rightShare);
      double lower =
          between(part.at(leftColumn, lowerRow, channel), part.at(rightColumn, lowerRow, channel), rightShare);
      // Without its fraction, as in the Python device: rounding makes every other byte brighter, and features differ.
      result.values()[to + channel] = (byte) (int) between(upper, lower, lowerShare);
    }
  }

  private static double between(double one, double other, double share) {
    return one + (other - one) * share;
  }

  /** One axis of the photo, of its reduction, and of the part of that which the square covers. */
  private final class Axis {
    final int length;
    final double scale;
    final int begin;
    final int end;

    Axis(int axis, int length, double reduction) {
      this.length = length;
      int reduced = (int) Math.max(1, Math.rint(length * reduction));
      this.scale = (double) reduced / length;
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int corner = 0; corner < 4; corner++) {
        double place = square.inPhoto(corner & 1, corner >> 1)[axis] * scale;
        low = Math.min(low, place);
        high = Math.max(high, place);
      }
      // Saturates where a square is far away.
      this.begin = (int) Math.max(0, Math.floor(low) - 1);
      this.end = (int) Math.min(reduced, Math.ceil(high) + 1);
    }

    boolean isBeside() {
      return end <= begin;
    }

    /** Of the photo, and the pixels of the part that it becomes. */
    Span span() {
      return new Span(begin / scale, Math.min(end / scale, length), end - begin);
    }

    /** Where a place of the photo is in the part, counted from the centre of its first pixel. */
    double inPart(double place) {
      return place * scale - begin - 0.5;
    }
  }
}
