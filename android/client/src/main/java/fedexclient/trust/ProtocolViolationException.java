package fedexclient.trust;

/** Not an envelope, or not what it should hold. */
public final class ProtocolViolationException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  ProtocolViolationException(Exception cause) {
    super(cause);
  }
}
