package fedexclient.service;

import org.jspecify.annotations.Nullable;

/** The same call may work later. */
public class TryLaterException extends ServiceException {
  private static final long serialVersionUID = 1L;

  private final @Nullable Long retryAfterS;

  /**
   * Says why.
   *
   * @param retryAfterS what the service asked for, in seconds; null where it asked for nothing
   */
  public TryLaterException(String message, @Nullable Long retryAfterS) {
    super(message);
    this.retryAfterS = retryAfterS;
  }

  TryLaterException(String message, Throwable cause) {
    super(message, cause);
    this.retryAfterS = null;
  }

  /** What the service asked for, in seconds; null where it asked for nothing. */
  public @Nullable Long retryAfterS() {
    return retryAfterS;
  }
}
