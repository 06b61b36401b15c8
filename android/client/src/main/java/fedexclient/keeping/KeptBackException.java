package fedexclient.keeping;

/** Samples stay here, as what computed them failed its self-test, or is gone and never took it. */
public final class KeptBackException extends KeepingException {
  private static final long serialVersionUID = 1L;

  private final boolean canMend;

  KeptBackException(String message, boolean canMend) {
    super(message);
    this.canMend = canMend;
  }

  /** Whether some of it failed, and may do so still; otherwise it is gone, and was never tested. */
  public boolean canMend() {
    return canMend;
  }
}
