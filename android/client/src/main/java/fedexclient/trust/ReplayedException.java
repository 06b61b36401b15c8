package fedexclient.trust;

/** Older than what was installed, or seen, before. */
public final class ReplayedException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  ReplayedException(String message) {
    super(message);
  }
}
