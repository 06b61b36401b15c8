package fedexclient.recognise;

/** A model that is not what the bundle or the contract says, or that does not work. */
public class ModelRefusedException extends RecogniseException {
  private static final long serialVersionUID = 1L;

  public ModelRefusedException(String message) {
    super(message);
  }

  /** Says what is refused, and why. */
  public ModelRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
