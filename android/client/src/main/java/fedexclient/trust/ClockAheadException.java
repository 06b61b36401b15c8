package fedexclient.trust;

/** Past its time by the device's clock alone: the clock is to be set. */
public final class ClockAheadException extends ExpiredException {
  private static final long serialVersionUID = 1L;

  ClockAheadException(String message) {
    super(message);
  }
}
