package fedexclient.trust;

/** Signed, but of another group, space, channel, cut, shape or golden sample. */
public final class MisplacedException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  MisplacedException(String message) {
    super(message);
  }
}
