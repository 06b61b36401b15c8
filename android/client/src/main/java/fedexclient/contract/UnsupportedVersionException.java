package fedexclient.contract;

/** A major version that this reader does not know. */
public final class UnsupportedVersionException extends MalformedException {
  private static final long serialVersionUID = 1L;

  UnsupportedVersionException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
