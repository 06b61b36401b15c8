package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One JSON object, read field by field; every refusal names the field. Keys that nobody asks for are ignored. */
public final class Fields {
  /** Characters of a string where nothing else is said. */
  public static final int MAX_TEXT_CHARACTERS = 1_024;

  private final Map<String, @Nullable Object> values;
  private final String where;

  private Fields(Map<String, @Nullable Object> values, String where) {
    this.values = values;
    this.where = where;
  }

  @SuppressWarnings("unchecked") // what JsonReader makes
  static Fields of(@Nullable Object value, String where) throws MalformedException {
    if (!(value instanceof Map)) {
      throw new MalformedException(where, "a JSON object", Shown.of(value));
    }
    return new Fields((Map<String, @Nullable Object>) value, where);
  }

  /** Whether a field is there with another value than null. */
  public boolean has(String key) {
    return values.get(key) != null;
  }

  /** Names a field for a message. */
  String place(String key) {
    return where + "." + key;
  }

  /** The keys, in their order. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** The whole object as it stands. */
  public Map<String, @Nullable Object> asMap() {
    return values;
  }

  /** Refuses a document of another major version. */
  public void checkFormat(long supported) throws MalformedException {
    Object version = get("format", "an integer");
    if (!(version instanceof Long)) {
      throw unlike("format", "an integer");
    }
    if ((Long) version != supported) {
      throw new UnsupportedVersionException(place("format"), Long.toString(supported), version.toString());
    }
  }

  /** Reads a string of at most 1,024 code points. */
  public String text(String key) throws ContractException {
    return text(key, MAX_TEXT_CHARACTERS);
  }

  /** Reads a string of at most so many code points. */
  public String text(String key, int maxCharacters) throws ContractException {
    String value = anyText(key, "a string");
    int characters = value.codePointCount(0, value.length());
    if (characters > maxCharacters) {
      throw new TooLargeException(place(key), "at most " + maxCharacters + " characters", Integer.toString(characters));
    }
    return value;
  }

  private String anyText(String key, String expected) throws MalformedException {
    Object value = get(key, expected);
    if (!(value instanceof String)) {
      throw unlike(key, expected);
    }
    return (String) value;
  }

  /** Reads a string that matches the whole of a pattern. */
  public String name(String key, Pattern pattern) throws ContractException {
    return Names.check(text(key), pattern, place(key));
  }

  /** Reads a string that is one of an enum's, as {@code toString} spells them. */
  public <T extends Enum<T>> T choice(String key, Class<T> choices) throws ContractException {
    String value = text(key);
    for (T choice : choices.getEnumConstants()) {
      if (choice.toString().equals(value)) {
        return choice;
      }
    }
    throw new MalformedException(place(key), "one of the names of " + choices.getSimpleName(), Shown.of(value));
  }

  /** Reads an integer from 0. */
  public long integer(String key) throws ContractException {
    return integer(key, 0, JsonReader.MAX_INTEGER);
  }

  /** Reads an integer, both bounds included; true and 1.0 are not integers. */
  public long integer(String key, long low, long high) throws ContractException {
    return checkInteger(get(key, "an integer"), place(key), low, high);
  }

  private static long checkInteger(@Nullable Object value, String where, long low, long high)
      throws ContractException {
    if (!(value instanceof Long)) {
      throw new MalformedException(where, "an integer", Shown.of(value));
    }
    long number = (Long) value;
    if (number < low || number > high) {
      throw new ImpossibleException(where, "an integer from " + low + " to " + high, value.toString());
    }
    return number;
  }

  /** Reads true or false. */
  public boolean flag(String key) throws ContractException {
    Object value = get(key, "true or false");
    if (!(value instanceof Boolean)) {
      throw unlike(key, "true or false");
    }
    return (Boolean) value;
  }

  /** Reads a number, both bounds included; integers count. */
  public double number(String key, double low, double high) throws ContractException {
    Object value = get(key, "a number");
    if (!(value instanceof Long) && !(value instanceof Double)) {
      throw unlike(key, "a number");
    }
    double number = ((Number) value).doubleValue();
    if (number < low || number > high) {
      throw new ImpossibleException(place(key), "a number from " + low + " to " + high, value.toString());
    }
    return number;
  }

  /** Reads a list of at most so many values. */
  @SuppressWarnings("unchecked") // what JsonReader makes
  public List<@Nullable Object> items(String key, int maxItems) throws ContractException {
    Object value = get(key, "a list");
    if (!(value instanceof List)) {
      throw unlike(key, "a list");
    }
    List<@Nullable Object> items = (List<@Nullable Object>) value;
    if (items.size() > maxItems) {
      throw new TooLargeException(place(key), "at most " + maxItems + " items", Integer.toString(items.size()));
    }
    return items;
  }

  /** Reads a list of at most so many integers, none negative. */
  List<Long> integers(String key, int maxItems) throws ContractException {
    List<Long> integers = new ArrayList<>();
    for (Object value : items(key, maxItems)) {
      integers.add(checkInteger(value, place(key), 0, JsonReader.MAX_INTEGER));
    }
    return Collections.unmodifiableList(integers);
  }

  /** Reads an object. */
  public Fields document(String key) throws ContractException {
    Object value = get(key, "an object");
    if (!(value instanceof Map)) {
      throw unlike(key, "an object");
    }
    return of(value, place(key));
  }

  /** Reads a list of at most so many objects. */
  public List<Fields> documents(String key, int maxItems) throws ContractException {
    List<Fields> documents = new ArrayList<>();
    for (Object value : items(key, maxItems)) {
      documents.add(of(value, place(key) + "." + documents.size()));
    }
    return Collections.unmodifiableList(documents);
  }

  /** Reads base64 of at most so many bytes. */
  public byte[] binary(String key, int maxBytes) throws ContractException {
    return Base64Text.decode(anyText(key, "a string of base64"), place(key), maxBytes);
  }

  /** Reads base64 of exactly so many bytes. */
  public byte[] exactly(String key, int bytes) throws ContractException {
    byte[] data = binary(key, bytes);
    if (data.length != bytes) {
      throw new ImpossibleException(place(key), bytes + " bytes", data.length + " bytes");
    }
    return data;
  }

  private @Nullable Object get(String key, String expected) throws MalformedException {
    if (!values.containsKey(key)) {
      throw new MalformedException(place(key), expected, "nothing");
    }
    return values.get(key);
  }

  private MalformedException unlike(String key, String expected) {
    return new MalformedException(place(key), expected, Shown.of(values.get(key)));
  }
}
