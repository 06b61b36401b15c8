package fedexclient.contract;

/** Features of another space, or of another shape than their space has. */
public final class WrongSpaceException extends ImpossibleException {
  private static final long serialVersionUID = 1L;

  WrongSpaceException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
