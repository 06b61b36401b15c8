package fedexclient.contract;

import org.jspecify.annotations.Nullable;

/** Whether something signed that was never installed is still news: three clocks are asked, none is trusted alone. */
public enum Validity {
  VALID("valid"),
  EXPIRED("expired"),
  /** Expired by the device's own clock alone, while the service tells another time: the clock is to be set. */
  CLOCK_AHEAD("own clock ahead");

  /** Clocks are a little fast. */
  public static final long GRACE_S = 86_400;

  private final String text;

  Validity(String text) {
    this.text = text;
  }

  /**
   * Judges by Unix seconds.
   *
   * @param expires as signed
   * @param own the device's clock
   * @param issued the newest time of issue that the device has installed of its group; 0 where it has none
   * @param date of the answer that brought it; null where it came not over TLS, or without such a header
   */
  public static Validity of(long expires, double own, long issued, @Nullable Long date) {
    long last = expires + GRACE_S;
    if (issued > last || date != null && date > last) {
      return EXPIRED;
    }
    if (own <= last) {
      return VALID;
    }
    return date == null ? EXPIRED : CLOCK_AHEAD;
  }

  /** In the words of the golden files. */
  @Override
  public String toString() {
    return text;
  }
}
