package fedexclient.pull;

/** A head that took down what ran it, or that gave no answer. The second time is the last for its release. */
public final class HeadCrashedException extends HeadRefusedException {
  private static final long serialVersionUID = 1L;

  HeadCrashedException(String message) {
    super("refused: crashed: " + message);
  }
}
