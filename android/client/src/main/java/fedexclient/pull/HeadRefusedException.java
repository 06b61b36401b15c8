package fedexclient.pull;

import fedexclient.trust.UntrustedException;

/** A head that is not what its manifest says, or that does not work here; what serves goes on serving. */
public class HeadRefusedException extends UntrustedException {
  private static final long serialVersionUID = 1L;

  HeadRefusedException(String message) {
    super(message);
  }
}
