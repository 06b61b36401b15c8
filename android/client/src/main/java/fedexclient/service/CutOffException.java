package fedexclient.service;

/** The connection broke, or stood still, after some of a body was sent and before its answer. */
public final class CutOffException extends UnreachableException {
  private static final long serialVersionUID = 1L;

  public CutOffException(String message, Throwable cause) {
    super(message, cause);
  }
}
