package fedexclient.service;

import fedexclient.trust.UntrustedException;

/**
 * A service at another address than that of the enrolment does not prove that it is the same one: it was sent neither
 * the token nor anything that this device knows.
 */
public final class AnotherServiceException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  AnotherServiceException(String message) {
    super(message);
  }
}
