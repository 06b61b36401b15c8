package fedexclient.sync;

/** The user has not consented to uploads, or does so no more: nothing was sent. */
public final class NoConsentException extends Exception {
  private static final long serialVersionUID = 1L;

  NoConsentException() {
    super("expected the user's consent to uploads, got none: nothing was sent");
  }
}
