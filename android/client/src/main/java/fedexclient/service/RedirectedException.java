package fedexclient.service;

import fedexclient.trust.ProtocolViolationException;

/** A redirect, which is not followed, as the token belongs to one address: the service has moved, or it is a portal. */
public final class RedirectedException extends ProtocolViolationException {
  private static final long serialVersionUID = 1L;

  RedirectedException(String message) {
    super(message);
  }
}
