package fedexclient.recognise;

/** What runs models does not load on this phone; no model is to blame for that. */
public final class NoRuntimeException extends ModelRefusedException {
  private static final long serialVersionUID = 1L;

  public NoRuntimeException(String message, Throwable cause) {
    super(message, cause);
  }
}
