package fedexclient.service;

import fedexclient.contract.HttpDate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long a service asks to be left alone: seconds, or a date (RFC 9110, 10.2.3). */
final class RetryAfter {
  static final long MAX_S = 86_400;

  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,18}");

  private RetryAfter() {}

  /** Returns seconds, at most a day; null where the text says none. */
  static @Nullable Long parse(String text, long nowS) {
    String trimmed = text.trim();
    if (SECONDS.matcher(trimmed).matches()) {
      return Math.min(Long.parseLong(trimmed), MAX_S);
    }
    Long moment = HttpDate.parse(trimmed);
    return moment == null ? null : Math.max(0, Math.min(moment - nowS, MAX_S));
  }
}
