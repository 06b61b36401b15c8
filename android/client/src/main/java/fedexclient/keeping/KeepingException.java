package fedexclient.keeping;

/**
 * Something is not kept, or not sent.
 *
 * <p>What can be done about it is said by which one it is: {@link UnknownAnswerException} give a label; {@link
 * KeptBackException} update the app, or recognise these photos again and repeat the feedback; {@link
 * UntestedException} what its cause says.
 */
public abstract class KeepingException extends Exception {
  private static final long serialVersionUID = 1L;

  KeepingException(String message) {
    super(message);
  }

  KeepingException(String message, Throwable cause) {
    super(message, cause);
  }
}
