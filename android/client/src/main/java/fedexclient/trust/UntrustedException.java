package fedexclient.trust;

/** What came may not be believed; what is installed stays as it is. */
public abstract class UntrustedException extends Exception {
  private static final long serialVersionUID = 1L;

  protected UntrustedException(String message) {
    super(message);
  }

  protected UntrustedException(Exception cause) {
    super(cause.getMessage(), cause);
  }
}
