package fedexclient.recognise;

/** What was given cannot be recognised, or what should recognise it does not work. */
public abstract class RecogniseException extends Exception {
  private static final long serialVersionUID = 1L;

  RecogniseException(String message) {
    super(message);
  }

  RecogniseException(String message, Throwable cause) {
    super(message, cause);
  }
}
