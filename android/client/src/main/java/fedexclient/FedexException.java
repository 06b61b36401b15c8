package fedexclient;

/** Something that was asked of {@link Fedex} was not done, wholly or in part; its cause is one of the library's own. */
public final class FedexException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Trouble trouble;

  FedexException(Exception cause) {
    super(cause.getMessage(), cause);
    this.trouble = Trouble.of(cause);
  }

  /** What can be done about it. */
  public Trouble trouble() {
    return trouble;
  }

  /** What went wrong, as its package tells it. */
  @Override
  public synchronized Exception getCause() {
    return (Exception) super.getCause();
  }
}
