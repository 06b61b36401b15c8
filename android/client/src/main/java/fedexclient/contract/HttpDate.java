package fedexclient.contract;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The time that an answer's {@code Date} header tells: IMF-fixdate of RFC 9110, 5.6.7, and no other spelling. */
public final class HttpDate {
  private static final List<String> MONTHS =
      Arrays.asList("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");
  private static final Pattern FIXDATE = Pattern.compile(
      "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) (" + String.join("|", MONTHS) + ") ([0-9]{4}) "
          + "([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT");
  private static final int LEAP_SECOND = 60;

  private HttpDate() {}

  /** Returns Unix seconds; null where the text is no such date. The name of the weekday is not compared. */
  public static @Nullable Long parse(String text) {
    Matcher match = FIXDATE.matcher(text);
    if (!match.matches() || number(match, 3) == 0 || number(match, 6) > LEAP_SECOND) {
      return null;
    }
    int month = MONTHS.indexOf(match.group(2)) + 1;
    int second = Math.min(number(match, 6), LEAP_SECOND - 1);
    try {
      LocalDateTime moment = LocalDateTime.of(
          number(match, 3), month, number(match, 1), number(match, 4), number(match, 5), second);
      return moment.toEpochSecond(ZoneOffset.UTC);
    } catch (DateTimeException error) {
      return null; // the 30th of February, say
    }
  }

  private static int number(Matcher match, int group) {
    return Integer.parseInt(match.group(group));
  }
}
