package fedexclient.recognise;

import fedexclient.contract.PhotoInput;

/**
 * Makes of a whole photo, upright, what a prefix takes.
 *
 * <pre>
 * 1 channel: luma     -&gt;     the part that its placement names, resized     -&gt;     on black, where it says
 * </pre>
 *
 * <p>What is outside of the part has no influence; a photo of the input's width and height is left as it is. The scale
 * that a network wants is inside the prefix.
 */
final class Preparation {
  private Preparation() {}

  /**
   * Fits a photo into an input of whole photos. Beside the photo it takes a byte a pixel of it where the input is grey,
   * and otherwise what the input is large, and the photo high.
   */
  static Pixels prepare(Pixels photo, PhotoInput input) {
    boolean isGrey = input.channels() == Pixels.GREY;
    if (photo.width() == input.width() && photo.height() == input.height()) {
      return isGrey ? photo.luma() : photo;
    }
    Placement placement = Placement.of(photo.width(), photo.height(), input);
    Rectangle place = placement.place();
    Pixels taken = isGrey ? photo.luma(placement.part()) : photo;
    Rectangle part = isGrey ? taken.all() : placement.part();
    Pixels resized = Resizing.resize(taken, part, place.width(), place.height());
    return resized.onBlack(input.width(), input.height(), place.left(), place.top());
  }
}
