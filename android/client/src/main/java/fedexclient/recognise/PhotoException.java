package fedexclient.recognise;

/** What was given is no photo that can be taken. */
public final class PhotoException extends RecogniseException {
  private static final long serialVersionUID = 1L;

  PhotoException(String message) {
    super(message);
  }
}
