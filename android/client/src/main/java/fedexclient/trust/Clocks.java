package fedexclient.trust;

import fedexclient.contract.Validity;
import org.jspecify.annotations.Nullable;

/** The times by which what is new is judged, Unix seconds. */
public final class Clocks {
  private final double own;
  private final @Nullable Long date;

  /**
   * Takes the clocks.
   *
   * @param own the device's
   * @param date the service's, as the answer told it over TLS; null where it did not
   */
  public Clocks(double own, @Nullable Long date) {
    this.own = own;
    this.date = date;
  }

  void check(long expires, long issued) throws ExpiredException {
    Validity validity = Validity.of(expires, own, issued, date);
    String message = "expected one that is still valid, got one that expired at " + expires
        + " (this device's clock: " + (long) own + ", the service's: " + (date == null ? "not known" : date)
        + ", newest that was believed: " + issued + ")";
    if (validity == Validity.EXPIRED) {
      throw new ExpiredException(message);
    }
    if (validity == Validity.CLOCK_AHEAD) {
      throw new ClockAheadException(message);
    }
  }
}
