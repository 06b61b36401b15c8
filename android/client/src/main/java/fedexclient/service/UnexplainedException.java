package fedexclient.service;

import fedexclient.trust.ProtocolViolationException;

/**
 * A refusal without a problem document of the contract: a proxy's, a captive portal's, or another program's.
 *
 * <p>It says nothing about what was sent, which may be tried again later.
 */
public final class UnexplainedException extends ProtocolViolationException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public UnexplainedException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
