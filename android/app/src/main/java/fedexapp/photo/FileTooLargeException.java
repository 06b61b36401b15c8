package fedexapp.photo;

/** A photo's file is larger than the app takes. */
public final class FileTooLargeException extends Exception {
  private static final long serialVersionUID = 1L;

  FileTooLargeException(int most) {
    super("expected a photo of at most " + most + " bytes");
  }
}
