package fedexclient.photos;

import fedexclient.recognise.PhotoException;

/** What should hold a photo gave no bytes: it is gone, or the app may not read it, or reading failed. */
public final class PhotoUnreadableException extends PhotoException {
  private static final long serialVersionUID = 1L;

  PhotoUnreadableException(String message) {
    super(message);
  }

  PhotoUnreadableException(String message, Throwable cause) {
    super(message, cause);
  }
}
