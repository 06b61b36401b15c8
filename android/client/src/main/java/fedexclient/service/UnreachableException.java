package fedexclient.service;

/** No answer came, or it was cut off before its end. Whether the service acted on the request is unknown. */
public class UnreachableException extends TryLaterException {
  private static final long serialVersionUID = 1L;

  public UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
