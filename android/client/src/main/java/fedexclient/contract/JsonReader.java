package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON strictly and within bounds.
 *
 * <p>Stricter than a platform's parser: UTF-8 without a byte order mark, no key twice in one object, no NaN or
 * Infinity, integers within ±(2^53 − 1), numbers finite, no lone surrogate, at most 16 levels of objects and arrays.
 *
 * <p>Values are {@code Map<String, Object>} in the order of the text, {@code List<Object>}, String, Long (a number
 * without point and exponent), Double, Boolean and null; maps and lists cannot be changed.
 */
public final class JsonReader {
  /** Objects and arrays count, the outermost as the first; plain values in the innermost do not. */
  public static final int MAX_DEPTH = 16;

  /** The greatest integer. */
  public static final long MAX_INTEGER = (1L << 53) - 1;

  private static final int MAX_INTEGER_CHARACTERS = 17;
  private static final String EXPECTED = "JSON in UTF-8";

  private final String text;
  private final String where;
  private int place;

  private JsonReader(String text, String where) {
    this.text = text;
    this.where = where;
  }

  /**
   * Reads an object of at most so many bytes.
   *
   * @throws TooLargeException there are more bytes; nothing was read
   * @throws MalformedException not an object within these rules
   */
  public static Fields readDocument(byte[] data, String where, int maxBytes) throws ContractException {
    return Fields.of(read(data, where, maxBytes), where);
  }

  /** Reads any value of at most so many bytes; throws as {@link #readDocument} does. */
  public static @Nullable Object read(byte[] data, String where, int maxBytes) throws ContractException {
    return read(ByteBuffer.wrap(data), where, maxBytes);
  }

  static @Nullable Object read(ByteBuffer data, String where, int maxBytes) throws ContractException {
    if (data.remaining() > maxBytes) {
      throw new TooLargeException(where, "at most " + maxBytes + " bytes", data.remaining() + " bytes");
    }
    JsonReader reader = new JsonReader(decode(data, where), where);
    reader.skipSpace();
    Object value = reader.readValue(0);
    reader.skipSpace();
    if (reader.place < reader.text.length()) {
      throw reader.malformed("more after the value");
    }
    return value;
  }

  private static String decode(ByteBuffer data, String where) throws MalformedException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(data.duplicate()).toString();
    } catch (CharacterCodingException error) {
      throw new MalformedException(where, EXPECTED, "bytes that are no UTF-8");
    }
  }

  private @Nullable Object readValue(int levels) throws MalformedException {
    switch (peek()) {
      case '{':
        return readObject(inner(levels));
      case '[':
        return readArray(inner(levels));
      case '"':
        return readText();
      case 't':
        return readWord("true", Boolean.TRUE);
      case 'f':
        return readWord("false", Boolean.FALSE);
      case 'n':
        return readWord("null", null);
      default:
        return readNumber();
    }
  }

  private int inner(int levels) throws MalformedException {
    if (levels == MAX_DEPTH) {
      throw new MalformedException(where, "JSON at most " + MAX_DEPTH + " levels deep", "deeper JSON");
    }
    return levels + 1;
  }

  private Map<String, @Nullable Object> readObject(int levels) throws MalformedException {
    place++;
    skipSpace();
    if (skip('}')) {
      return Collections.emptyMap();
    }
    // Small: a document may hold a million objects of one key.
    Map<String, @Nullable Object> values = new LinkedHashMap<>(4);
    do {
      skipSpace();
      String key = readText();
      skipSpace();
      take(':');
      skipSpace();
      if (values.containsKey(key)) {
        throw malformed("the key " + Shown.of(key) + " twice");
      }
      values.put(key, readValue(levels));
      skipSpace();
    } while (skip(','));
    take('}');
    return Collections.unmodifiableMap(values);
  }

  private List<@Nullable Object> readArray(int levels) throws MalformedException {
    place++;
    skipSpace();
    if (skip(']')) {
      return Collections.emptyList();
    }
    ArrayList<@Nullable Object> values = new ArrayList<>(2);
    do {
      skipSpace();
      values.add(readValue(levels));
      skipSpace();
    } while (skip(','));
    take(']');
    return Collections.unmodifiableList(values);
  }

  private String readText() throws MalformedException {
    take('"');
    int begin = place;
    for (; ; place++) {
      char one = peek();
      if (one == '"') {
        return text.substring(begin, place++);
      }
      if (one == '\\') {
        return readEscapedText(begin);
      }
      checkNoControl(one);
    }
  }

  private String readEscapedText(int begin) throws MalformedException {
    StringBuilder read = new StringBuilder(text.substring(begin, place));
    while (peek() != '"') {
      char one = text.charAt(place++);
      checkNoControl(one);
      read.append(one == '\\' ? readEscape() : one);
    }
    place++;
    checkNoLoneSurrogate(read);
    return read.toString();
  }

  private char readEscape() throws MalformedException {
    char one = peek();
    place++;
    switch (one) {
      case '"':
      case '\\':
      case '/':
        return one;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u':
        return readUnit();
      default:
        throw malformed("an escape that JSON has not");
    }
  }

  private char readUnit() throws MalformedException {
    int unit = 0;
    for (int digit = 0; digit < 4; digit++) {
      char one = peek();
      // Character.digit alone takes digits of all scripts.
      int value = one < 0x80 ? Character.digit(one, 16) : -1;
      if (value < 0) {
        throw malformed("an escape without four hexadecimal digits");
      }
      unit = unit << 4 | value;
      place++;
    }
    return (char) unit;
  }

  private void checkNoControl(char one) throws MalformedException {
    if (one < ' ') {
      throw malformed("a control character in a text");
    }
  }

  private void checkNoLoneSurrogate(CharSequence read) throws MalformedException {
    for (int index = 0; index < read.length(); index++) {
      char one = read.charAt(index);
      if (Character.isHighSurrogate(one) && index + 1 < read.length()
          && Character.isLowSurrogate(read.charAt(index + 1))) {
        index++;
      } else if (Character.isSurrogate(one)) {
        throw malformed("a lone surrogate");
      }
    }
  }

  private @Nullable Object readWord(String word, @Nullable Object value) throws MalformedException {
    if (!text.startsWith(word, place)) {
      throw malformed("another word");
    }
    place += word.length();
    return value;
  }

  private Object readNumber() throws MalformedException {
    int begin = place;
    skip('-');
    if (!skip('0')) {
      skipDigits();
    }
    int whole = place;
    if (skip('.')) {
      skipDigits();
    }
    if (skip('e') || skip('E')) {
      if (!skip('-')) {
        skip('+');
      }
      skipDigits();
    }
    String digits = text.substring(begin, place);
    return place == whole ? (Object) bounded(digits) : (Object) finite(digits);
  }

  private Long bounded(String digits) throws MalformedException {
    // The length comes first: turning a million digits into a number takes long.
    if (digits.length() > MAX_INTEGER_CHARACTERS || Math.abs(Long.parseLong(digits)) > MAX_INTEGER) {
      throw malformed("an integer of " + digits.length() + " characters, beyond 2^53 - 1");
    }
    return Long.valueOf(digits);
  }

  private Double finite(String digits) throws MalformedException {
    double number = Double.parseDouble(digits);
    if (Double.isInfinite(number)) {
      throw malformed("a number beyond double precision");
    }
    return number;
  }

  private void skipDigits() throws MalformedException {
    int begin = place;
    while (place < text.length() && text.charAt(place) >= '0' && text.charAt(place) <= '9') {
      place++;
    }
    if (place == begin) {
      throw malformed(place < text.length() ? "no digit" : "an end");
    }
  }

  private void skipSpace() {
    while (place < text.length() && " \t\n\r".indexOf(text.charAt(place)) >= 0) {
      place++;
    }
  }

  private boolean skip(char one) {
    boolean there = place < text.length() && text.charAt(place) == one;
    if (there) {
      place++;
    }
    return there;
  }

  private void take(char one) throws MalformedException {
    if (!skip(one)) {
      throw malformed("no " + one);
    }
  }

  private char peek() throws MalformedException {
    if (place >= text.length()) {
      throw malformed("an end");
    }
    return text.charAt(place);
  }

  private MalformedException malformed(String got) {
    return new MalformedException(where, EXPECTED, got + " at character " + place);
  }
}
