package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
  /** Sun, 06 Nov 1994 08:49:37 GMT. */
  private static final long NOW = 784_111_777;

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"0|0", "17|17", "' 86399 '|86399", "86401|86400", "999999999999999999|86400"})
  void seconds_are_taken_up_to_a_day(String text, long seconds) {
    assertEquals(seconds, RetryAfter.parse(text, NOW));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "Sun, 06 Nov 1994 08:59:37 GMT|600", "Sun, 06 Nov 1994 08:49:36 GMT|0", "Fri, 31 Dec 9999 23:59:59 GMT|86400"})
  void a_date_is_taken_up_to_a_day_from_now(String text, long seconds) {
    assertEquals(seconds, RetryAfter.parse(text, NOW));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "soon", "-5", "1e9", "1.5", "0x10", "٣", "Sun, 31 Feb 1994 08:49:37 GMT",
      "1234567890123456789"})
  void what_says_no_time_is_nothing(String text) {
    assertNull(RetryAfter.parse(text, NOW));
  }
}
