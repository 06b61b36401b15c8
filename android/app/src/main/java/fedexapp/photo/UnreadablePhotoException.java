package fedexapp.photo;

import org.jspecify.annotations.Nullable;

/** Android cannot show a photo: it is none, or damaged, or of a kind that this version does not know. */
public final class UnreadablePhotoException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadablePhotoException(@Nullable Exception cause) {
    super("expected a photo that this Android can decode", cause);
  }
}
