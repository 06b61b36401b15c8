package fedexclient.recognise;

/** A head that was installed cannot be read as it was. */
public final class HeadDamagedException extends RecogniseException {
  private static final long serialVersionUID = 1L;

  /** Says what is damaged, and how. */
  public HeadDamagedException(String message) {
    super(message);
  }
}
