package fedexclient.contract;

import org.jspecify.annotations.Nullable;

/** How a stranger's values stand in messages: printable, and short whatever was sent. */
final class Shown {
  private static final int MAX_CHARACTERS = 80;

  private Shown() {}

  static String of(@Nullable Object value) {
    if (value instanceof String) {
      return "'" + printable((String) value) + "'";
    }
    if (value instanceof java.util.List) {
      return "a list of " + ((java.util.List<?>) value).size();
    }
    if (value instanceof java.util.Map) {
      return "an object of " + ((java.util.Map<?, ?>) value).size();
    }
    return value == null ? "null" : printable(value.toString());
  }

  private static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int place = 0; place < text.length(); place++) {
      if (shown.length() >= MAX_CHARACTERS - 8) {
        return shown.append("...").toString();
      }
      char one = text.charAt(place);
      if (one >= ' ' && one <= '~') {
        shown.append(one);
      } else {
        shown.append("\\u").append(Integer.toHexString(0x10000 | one).substring(1));
      }
    }
    return shown.toString();
  }
}
