package fedexclient.recognise;

/** What was given is no photo that can be taken. */
public class PhotoException extends RecogniseException {
  private static final long serialVersionUID = 1L;

  /** For those who decode photos, as this package does not. */
  public PhotoException(String message) {
    super(message);
  }

  /** The same, and what it comes from. */
  public PhotoException(String message, Throwable cause) {
    super(message, cause);
  }
}
