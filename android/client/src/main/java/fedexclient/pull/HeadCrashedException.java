package fedexclient.pull;

/** A head that took down what ran it, or that gave no answer. It is not tried again for the same release. */
public final class HeadCrashedException extends HeadRefusedException {
  private static final long serialVersionUID = 1L;

  HeadCrashedException(String message) {
    super("refused: crashed: " + message);
  }
}
