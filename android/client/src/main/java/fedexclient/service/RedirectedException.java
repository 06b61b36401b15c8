package fedexclient.service;

import fedexclient.trust.ProtocolViolationException;

/** A redirect, which is not followed: the token belongs to one address. The service may have moved, or it is a portal. */
public final class RedirectedException extends ProtocolViolationException {
  private static final long serialVersionUID = 1L;

  RedirectedException(String message) {
    super(message);
  }
}
