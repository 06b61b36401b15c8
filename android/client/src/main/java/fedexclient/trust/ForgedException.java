package fedexclient.trust;

/** No signature of the pinned key fits. */
public final class ForgedException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  ForgedException(String message) {
    super(message);
  }
}
