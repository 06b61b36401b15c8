package fedexclient.trust;

/** Keys that the pinned one does not lead to, or that are not signed by the one before. */
public final class KeyRefusedException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  KeyRefusedException(String message) {
    super(message);
  }
}
