package fedexclient.contract;

import java.text.Normalizer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a person enters becomes a label here, and what comes as one is checked.
 *
 * <p>Which letters a label has is said by tables of the contract, and how they are normalised by the platform, whose
 * Unicode may be older: letters that it does not know are refused, as it cannot normalise them.
 */
public final class Label {
  /** The answer's word for nobody: no label may be spelt like it. */
  public static final String UNKNOWN = "unknown";

  /** Of a label. */
  public static final int MAX_CODE_POINTS = 64;

  /** Of what is entered, before anything is taken out. */
  public static final int MAX_TYPED_CODE_POINTS = 1_024;

  static final String JOINERS = "\\u200c\\u200d";

  /** What shows nothing by itself, and comes along with names that are copied from somewhere. */
  static final String MARKS =
      "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f\\u2800\\u3164"
          + "\\ufeff\\uffa0\\u202a-\\u202c\\u2060-\\u2064\\u2066-\\u206f\\ufff9-\\ufffb";

  /** The code points with Unicode's property White_Space. */
  static final String SPACES = "\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f"
      + "\\u3000";

  private static final Pattern A_MARK = Pattern.compile("[" + MARKS + "]");
  private static final Pattern SPACE = Pattern.compile("[" + SPACES + "]+");
  private static final Pattern END_JOINERS = Pattern.compile("^[" + JOINERS + "]+|[" + JOINERS + "]+$");

  /** A black flag, the code of a country and its part as tags, and the end. */
  private static final Pattern FLAG =
      Pattern.compile("\\x{1f3f4}[\\x{e0030}-\\x{e0039}\\x{e0061}-\\x{e007a}]{3,6}\\x{e007f}");

  private static final int[][] EMOJI = {{0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}};

  private Label() {}

  /**
   * Makes a label of what was entered.
   *
   * @throws TooLargeException over 64 code points, or over 1,024 as entered
   * @throws ImpossibleException nothing is left, a code point that labels may not have, or "unknown" in any spelling
   */
  public static String of(String entered) throws ContractException {
    return of(entered, "label");
  }

  private static String of(String entered, String where) throws ContractException {
    checkLength(entered, MAX_TYPED_CODE_POINTS, where);
    String spaced = words(A_MARK.matcher(entered).replaceAll(""));
    checkLetters(spaced, where);
    String label = Normalizer.normalize(spaced, Normalizer.Form.NFC);
    checkLength(label, MAX_CODE_POINTS, where);
    checkKey(label, where);
    return label;
  }

  /**
   * Accepts what {@link #of} leaves as it is, and nothing else.
   *
   * @throws MalformedException not a string
   */
  static String check(@Nullable Object value, String where) throws ContractException {
    if (!(value instanceof String)) {
      throw new MalformedException(where, "a string", Shown.of(value));
    }
    String label = of((String) value, where);
    if (!label.equals(value)) {
      throw new ImpossibleException(where, "the label normalised and trimmed, " + Shown.of(label), Shown.of(value));
    }
    return label;
  }

  private static String words(String text) {
    StringBuilder joined = new StringBuilder();
    for (String word : SPACE.split(text)) {
      String bare = END_JOINERS.matcher(word).replaceAll("");
      if (!bare.isEmpty()) {
        joined.append(joined.length() == 0 ? "" : " ").append(bare);
      }
    }
    return joined.toString();
  }

  private static void checkLength(String text, int most, String where) throws TooLargeException {
    int codePoints = text.codePointCount(0, text.length());
    if (codePoints > most) {
      throw new TooLargeException(where, "at most " + most + " code points", Integer.toString(codePoints));
    }
  }

  private static void checkLetters(String label, String where) throws ImpossibleException {
    String letters = FLAG.matcher(label).replaceAll("");
    for (int place = 0; place < letters.length(); ) {
      int letter = letters.codePointAt(place);
      if (!LabelCodePoints.contain(letter)) {
        String got = Shown.of(new String(Character.toChars(letter)));
        throw new ImpossibleException(where, "no control, format or unassigned characters", got);
      }
      if (!isKnown(letter)) {
        String got = Shown.of(new String(Character.toChars(letter)));
        throw new ImpossibleException(where, "letters that this system knows", got);
      }
      place += Character.charCount(letter);
    }
  }

  /** Whether this system knows how a letter of the table is normalised; emoji never change. */
  static boolean isKnown(int letter) {
    boolean known = Character.getType(letter) != Character.UNASSIGNED;
    for (int[] block : EMOJI) {
      known |= letter >= block[0] && letter <= block[1];
    }
    return known;
  }

  private static void checkKey(String label, String where) throws ImpossibleException {
    String key = LabelKey.of(label);
    if (key.isEmpty()) {
      throw new ImpossibleException(where, "at least one code point that shows", Shown.of(label));
    }
    if (key.equals(UNKNOWN)) {
      throw new ImpossibleException(where, "another name than " + UNKNOWN, Shown.of(label));
    }
  }
}
