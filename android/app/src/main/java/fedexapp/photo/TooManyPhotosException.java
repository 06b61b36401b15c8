package fedexapp.photo;

/** More photos were chosen than are added at once; the first ones are. */
public final class TooManyPhotosException extends Exception {
  private static final long serialVersionUID = 1L;

  public TooManyPhotosException(int most, int chosen) {
    super("expected at most " + most + " photos at once, got " + chosen);
  }
}
