package fedexapp.session;

/** There was not enough memory for something; what else runs goes on. */
public final class NoMemoryException extends Exception {
  private static final long serialVersionUID = 1L;

  NoMemoryException(OutOfMemoryError cause) {
    super(cause);
  }
}
