package fedexclient.service;

/** This is no device of the service, or it must not become another one: somebody has to enrol it, once or again. */
public class EnrolmentException extends Exception {
  private static final long serialVersionUID = 1L;

  EnrolmentException(String message) {
    super(message);
  }
}
