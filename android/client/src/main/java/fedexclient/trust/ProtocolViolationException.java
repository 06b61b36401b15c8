package fedexclient.trust;

/** An answer that the contract does not allow: too long, of another form, or not what was asked for. */
public class ProtocolViolationException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  /** Says what was expected, and what came. */
  public ProtocolViolationException(String message) {
    super(message);
  }

  public ProtocolViolationException(Exception cause) {
    super(cause);
  }
}
