package fedexclient.push;

/**
 * Something here, not at the service, keeps feedback from being sent.
 *
 * <p>What can be done about it is said by which one it is: {@link UnsendableException} give other feedback on the
 * sample; {@link SpaceRetiredException} get another bundle; {@link DamagedUploadException} nothing.
 */
public abstract class PushException extends Exception {
  private static final long serialVersionUID = 1L;

  PushException(String message) {
    super(message);
  }

  PushException(String message, Throwable cause) {
    super(message, cause);
  }
}
