package fedexclient.service;

/** Uploads of this device can still be sent, and only as what it is: push first. */
public final class UnsentUploadsException extends EnrolmentException {
  private static final long serialVersionUID = 1L;

  UnsentUploadsException(String message) {
    super(message);
  }
}
