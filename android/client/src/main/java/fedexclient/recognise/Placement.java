package fedexclient.recognise;

import fedexclient.contract.Fit;
import fedexclient.contract.PhotoInput;

/**
 * Where a photo goes in the input of a prefix, in integers that every client computes alike.
 *
 * <pre>
 * photo, oriented            input
 * +-----------------+        +---------+
 * |    +-------+    |        |         |
 * |    | part  | ---resized--&gt; place   |      what of the input is outside of the place is black
 * |    +-------+    |        |         |
 * +-----------------+        +---------+
 * </pre>
 *
 * <p>A crop leaves out what is outside of the part, a letterbox fills what is outside of the place, a stretch does
 * neither.
 */
final class Placement {
  private final Rectangle part;
  private final Rectangle place;

  private Placement(Rectangle part, Rectangle place) {
    this.part = part;
    this.place = place;
  }

  /** Places a photo of so many pixels, at least 1 each way, in an input that takes whole photos. */
  static Placement of(int width, int height, PhotoInput input) {
    return of(width, height, input.fit(), input.width(), input.height());
  }

  private static Placement of(long width, long height, Fit fit, int wholeWidth, int wholeHeight) {
    Rectangle photo = new Rectangle(0, 0, (int) width, (int) height);
    Rectangle whole = new Rectangle(0, 0, wholeWidth, wholeHeight);
    boolean isWider = width * wholeHeight > height * wholeWidth;
    switch (fit) {
      case CROP:
        long partWidth = isWider ? Math.max(1, height * wholeWidth / wholeHeight) : width;
        long partHeight = isWider ? height : Math.max(1, width * wholeHeight / wholeWidth);
        return new Placement(centred(partWidth, partHeight, photo), whole);
      case LETTERBOX:
        long placeWidth = isWider ? wholeWidth : rounded(width * wholeHeight, height);
        long placeHeight = isWider ? rounded(height * wholeWidth, width) : wholeHeight;
        return new Placement(photo, centred(placeWidth, placeHeight, whole));
      case STRETCH:
        return new Placement(photo, whole);
      default:
        throw new IllegalArgumentException("no whole photo is fitted by " + fit);
    }
  }

  private static Rectangle centred(long width, long height, Rectangle within) {
    return Rectangle.centred((int) width, (int) height, within.width(), within.height());
  }

  /** Divides to the nearest integer, halves up, at least 1. */
  private static long rounded(long dividend, long divisor) {
    return Math.max(1, (2 * dividend + divisor) / (2 * divisor));
  }

  /** Of the photo. */
  Rectangle part() {
    return part;
  }

  /** Of the input; its size is what the part is resized to. */
  Rectangle place() {
    return place;
  }
}
