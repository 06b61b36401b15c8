package fedexclient.recognise;

/** Numbers that the bundle's network does not take. */
public final class TensorException extends RecogniseException {
  private static final long serialVersionUID = 1L;

  TensorException(String message) {
    super(message);
  }
}
