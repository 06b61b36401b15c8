package fedexclient.pull;

/** The bundle's space is retired, as a signed list says: another bundle is to be had. Feedback stays. */
public final class SpaceRetiredException extends Exception {
  private static final long serialVersionUID = 1L;

  SpaceRetiredException(String message) {
    super(message);
  }
}
