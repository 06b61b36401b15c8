package fedexapp.learner;

/** All is forgotten on this phone; the service could not be asked to erase what it has, and is to be asked again. */
public final class HalfErasedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Exception missed;

  public HalfErasedException(Exception missed) {
    super(missed);
    this.missed = missed;
  }

  /** Why the service could not be asked. */
  public Exception missed() {
    return missed;
  }
}
