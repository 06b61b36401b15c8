package fedexclient.photos;

import fedexclient.recognise.PhotoException;

/** A photo of more bytes, pixels or memory than there may be: a smaller one helps, or more free memory. */
public final class PhotoTooLargeException extends PhotoException {
  private static final long serialVersionUID = 1L;

  PhotoTooLargeException(String message) {
    super(message);
  }

  /** Also for those who go on with what was decoded, and have no memory for it. */
  public PhotoTooLargeException(String message, OutOfMemoryError cause) {
    super(message, cause);
  }
}
