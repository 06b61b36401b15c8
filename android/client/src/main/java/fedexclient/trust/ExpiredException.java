package fedexclient.trust;

/** Never installed, and past its time. */
public class ExpiredException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  ExpiredException(String message) {
    super(message);
  }
}
