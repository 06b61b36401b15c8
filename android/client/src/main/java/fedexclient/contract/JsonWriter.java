package fedexclient.contract;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON in its one form here: UTF-8, no spaces, characters as they are but where JSON requires an escape.
 * Only what a device keeps for itself has spaces, as Python's {@code json.dumps} puts them.
 *
 * <p>A double is written as Python's {@code repr} writes it, so that what is hashed or signed is the same everywhere.
 */
public final class JsonWriter {
  /** Code points, not UTF-16 units: they differ in the order of U+E000 to U+FFFF and what is above. */
  private static final Comparator<String> BY_CODE_POINT = JsonWriter::compareCodePoints;

  private final boolean sortsKeys;
  private final String space;
  private final StringBuilder written = new StringBuilder();

  private JsonWriter(boolean sortsKeys, String space) {
    this.sortsKeys = sortsKeys;
    this.space = space;
  }

  /** Writes a document, its keys sorted by code point. */
  public static byte[] sorted(@Nullable Object value) throws ImpossibleException {
    return write(value, true);
  }

  /** Writes a header, its keys in their order. */
  static byte[] ordered(@Nullable Object value) throws ImpossibleException {
    return write(value, false);
  }

  /**
   * Writes lists of strings, integers, doubles and lists with a space after each comma.
   *
   * @throws ImpossibleException a double that is not finite, or a lone surrogate
   */
  public static String spaced(List<?> values) throws ImpossibleException {
    JsonWriter writer = new JsonWriter(false, " ");
    writer.add(values);
    return writer.written.toString();
  }

  private static byte[] write(@Nullable Object value, boolean sortsKeys) throws ImpossibleException {
    JsonWriter writer = new JsonWriter(sortsKeys, "");
    writer.add(value);
    return writer.written.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void add(@Nullable Object value) throws ImpossibleException {
    if (value instanceof Map) {
      addObject((Map<?, ?>) value);
    } else if (value instanceof List) {
      addArray((List<?>) value);
    } else if (value instanceof String) {
      addText((String) value);
    } else if (value instanceof Double) {
      written.append(number((Double) value));
    } else if (value == null || value instanceof Boolean || value instanceof Long || value instanceof Integer) {
      written.append(value);
    } else {
      throw new IllegalArgumentException("no JSON: " + value.getClass());
    }
  }

  private void addObject(Map<?, ?> values) throws ImpossibleException {
    List<String> keys = new ArrayList<>();
    for (Object key : values.keySet()) {
      keys.add((String) key);
    }
    if (sortsKeys) {
      Collections.sort(keys, BY_CODE_POINT);
    }
    String before = "{";
    for (String key : keys) {
      written.append(before);
      addText(key);
      written.append(':');
      add(values.get(key));
      before = ",";
    }
    written.append(keys.isEmpty() ? "{}" : "}");
  }

  private void addArray(List<?> values) throws ImpossibleException {
    String before = "[";
    for (Object value : values) {
      written.append(before);
      add(value);
      before = "," + space;
    }
    written.append(values.isEmpty() ? "[]" : "]");
  }

  private void addText(String text) throws ImpossibleException {
    written.append('"');
    for (int place = 0; place < text.length(); place++) {
      char one = text.charAt(place);
      if (Character.isSurrogate(one)) {
        checkPair(text, place);
        written.append(one).append(text.charAt(++place));
      } else {
        addUnit(one);
      }
    }
    written.append('"');
  }

  private static void checkPair(String text, int place) throws ImpossibleException {
    boolean pair = Character.isHighSurrogate(text.charAt(place)) && place + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(place + 1));
    if (!pair) {
      throw new ImpossibleException("JSON", "text without lone surrogates", Shown.of(text));
    }
  }

  private void addUnit(char one) {
    int escape = "\b\t\n\f\r\"\\".indexOf(one);
    if (escape >= 0) {
      written.append('\\').append("btnfr\"\\".charAt(escape));
    } else if (one < ' ') {
      written.append("\\u").append(Integer.toHexString(0x10000 | one).substring(1));
    } else {
      written.append(one);
    }
  }

  /** Writes the shortest digits that read back as the same number, as Python does: 0.0001, 1e-05, 1e+16. */
  private static String number(double value) throws ImpossibleException {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new ImpossibleException("JSON", "finite numbers", Double.toString(value));
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    return DoubleText.of(value);
  }

  private static int compareCodePoints(String one, String other) {
    int length = Math.min(one.length(), other.length());
    for (int place = 0; place < length; place++) {
      char ours = one.charAt(place);
      char theirs = other.charAt(place);
      if (ours != theirs) {
        return Character.isSurrogate(ours) == Character.isSurrogate(theirs)
            ? ours - theirs : Character.isSurrogate(ours) ? 1 : -1;
      }
    }
    return one.length() - other.length();
  }
}
