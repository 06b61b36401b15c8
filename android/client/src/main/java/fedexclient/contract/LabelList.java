package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A list of labels, the index of each its class, whose signature or hash was checked.
 *
 * <p>Its labels have passed a door once, by the tables of its day, and are taken as they stand.
 */
public final class LabelList {
  /** Of a list. */
  public static final int MAX_LABELS = 65_536;

  /** Of a list as a file. */
  public static final int MAX_BYTES = 4 << 20;

  /** The controls and separators of every version of Unicode. */
  private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]");

  private final List<String> labels;

  private LabelList(List<String> labels) {
    this.labels = Collections.unmodifiableList(labels);
  }

  /** Reads a list: a JSON array of strings, none twice, each of 1 to 64 code points without controls. */
  public static LabelList parse(byte[] data) throws ContractException {
    return parse(data, "labels");
  }

  static LabelList parse(byte[] data, String where) throws ContractException {
    Object value = JsonReader.read(data, where, MAX_BYTES);
    if (!(value instanceof List)) {
      throw new MalformedException(where, "a list of strings", Shown.of(value));
    }
    List<?> values = (List<?>) value;
    if (values.size() > MAX_LABELS) {
      throw new TooLargeException(where, "at most " + MAX_LABELS + " labels", Integer.toString(values.size()));
    }
    List<String> labels = new ArrayList<>(values.size());
    for (Object one : values) {
      labels.add(checked(one, where + "[" + labels.size() + "]"));
    }
    checkDistinct(labels, where);
    return new LabelList(labels);
  }

  private static String checked(@Nullable Object value, String where) throws ContractException {
    if (!(value instanceof String)) {
      throw new MalformedException(where, "a string", Shown.of(value));
    }
    String label = (String) value;
    if (label.isEmpty()) {
      throw new ImpossibleException(where, "at least one code point", "none");
    }
    int codePoints = label.codePointCount(0, label.length());
    if (codePoints > Label.MAX_CODE_POINTS) {
      String expected = "at most " + Label.MAX_CODE_POINTS + " code points";
      throw new TooLargeException(where, expected, Integer.toString(codePoints));
    }
    Matcher control = CONTROL.matcher(label);
    if (control.find()) {
      throw new ImpossibleException(where, "no control characters", Shown.of(control.group()));
    }
    return label;
  }

  private static void checkDistinct(List<String> labels, String where) throws ImpossibleException {
    Set<String> seen = new HashSet<>();
    for (String label : labels) {
      if (!seen.add(label)) {
        throw new ImpossibleException(where, "each label once", Shown.of(label) + " twice");
      }
    }
  }

  /** The labels, class by class. */
  public List<String> labels() {
    return labels;
  }
}
