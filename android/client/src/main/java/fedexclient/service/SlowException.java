package fedexclient.service;

import java.io.IOException;

/** Too little came, or went, for the time that passed. */
final class SlowException extends IOException {
  private static final long serialVersionUID = 1L;

  SlowException() {
    super("too little progress within the time-out");
  }
}
