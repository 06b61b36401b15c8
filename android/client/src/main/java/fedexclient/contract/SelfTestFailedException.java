package fedexclient.contract;

/** Features of a device whose self-test is below the least cosine of its bundle. */
public final class SelfTestFailedException extends ImpossibleException {
  private static final long serialVersionUID = 1L;

  SelfTestFailedException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
