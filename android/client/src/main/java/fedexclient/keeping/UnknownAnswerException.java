package fedexclient.keeping;

/** An answer was called right that named nobody. */
public final class UnknownAnswerException extends KeepingException {
  private static final long serialVersionUID = 1L;

  UnknownAnswerException(long inference) {
    super("inference " + inference + ": expected a label, as the answer was unknown, got right");
  }
}
