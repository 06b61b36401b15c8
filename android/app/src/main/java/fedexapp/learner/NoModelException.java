package fedexapp.learner;

/** The app was built without a model. */
public final class NoModelException extends Exception {
  private static final long serialVersionUID = 1L;

  public NoModelException() {
    super("no bundle is packed into this app");
  }
}
