package fedexclient.keeping;

/** The self-test that is due cannot be run: its cause says why. */
public final class UntestedException extends KeepingException {
  private static final long serialVersionUID = 1L;

  UntestedException(Exception cause) {
    super("self-test: " + cause.getMessage(), cause);
  }
}
