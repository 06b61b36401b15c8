package fedexclient.service;

/**
 * The identity came with a copy of the app's files: this phone has no key to its secrets. Enrolling again makes another
 * device of it.
 */
public final class CopiedIdentityException extends EnrolmentException {
  private static final long serialVersionUID = 1L;

  CopiedIdentityException(String message) {
    super(message);
  }
}
