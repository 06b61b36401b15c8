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

  /** Fits a photo into an input of whole photos. */
  static Pixels prepare(Pixels photo, PhotoInput input) {
    Placement placement = Placement.of(photo.width(), photo.height(), input);
    boolean isOfItsSize = photo.width() == input.width() && photo.height() == input.height();
    Pixels part = isOfItsSize ? photo : photo.part(placement.part());
    Pixels taken = input.channels() == Pixels.GREY ? part.luma() : part;
    if (isOfItsSize) {
      return taken;
    }
    Rectangle place = placement.place();
    Pixels resized = Resizing.resize(taken, place.width(), place.height());
    return resized.onBlack(input.width(), input.height(), place.left(), place.top());
  }
}
