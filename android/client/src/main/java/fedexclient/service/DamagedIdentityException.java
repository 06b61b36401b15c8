package fedexclient.service;

/** The identity is garbled. Enrolling again makes another device. */
public final class DamagedIdentityException extends EnrolmentException {
  private static final long serialVersionUID = 1L;

  DamagedIdentityException(String message) {
    super(message);
  }
}
