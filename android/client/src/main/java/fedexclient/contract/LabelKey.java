package fedexclient.contract;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** What all spellings of one label have in common: no joiners or selectors, NFKC, full case folding, NFKC. */
public final class LabelKey {
  /** Variation selectors: they choose how the character before them is drawn. */
  static final String SELECTORS = "\\u180b-\\u180d\\u180f\\ufe00-\\ufe0f\\x{e0100}-\\x{e01ef}";

  private static final Pattern LEFT_OUT = Pattern.compile("[" + Label.JOINERS + SELECTORS + "]");
  private static final int DOTLESS_I = 0x131;
  private static final int CAPITAL_SHARP_S = 0x1e9e;

  private LabelKey() {}

  /** Two labels are the same one if their keys are. */
  public static String of(String label) {
    String bare = Normalizer.normalize(LEFT_OUT.matcher(label).replaceAll(""), Normalizer.Form.NFKC);
    return Normalizer.normalize(folded(bare), Normalizer.Form.NFKC);
  }

  private static String folded(String text) {
    StringBuilder folded = new StringBuilder(text.length());
    for (int place = 0; place < text.length(); ) {
      int codePoint = text.codePointAt(place);
      addFolded(codePoint, folded);
      place += Character.charCount(codePoint);
    }
    return folded.toString();
  }

  /** Full case folding (C and F of CaseFolding.txt): lower(upper(c)), but for the Cherokee and two letters more. */
  private static void addFolded(int codePoint, StringBuilder folded) {
    if (codePoint == DOTLESS_I || within(codePoint, 0x13a0, 0x13f5)) {
      folded.appendCodePoint(codePoint);
    } else if (within(codePoint, 0x13f8, 0x13fd)) {
      folded.appendCodePoint(codePoint - 8);
    } else if (within(codePoint, 0xab70, 0xabbf)) {
      folded.appendCodePoint(codePoint - 0xab70 + 0x13a0);
    } else if (codePoint == CAPITAL_SHARP_S) {
      folded.append("ss");
    } else {
      addLowerOfUpper(codePoint, folded);
    }
  }

  /** Each code point by itself, or the lower of a capital sigma would hang on what stands before it. */
  private static void addLowerOfUpper(int codePoint, StringBuilder folded) {
    String upper = text(codePoint).toUpperCase(Locale.ROOT);
    for (int place = 0; place < upper.length(); ) {
      int one = upper.codePointAt(place);
      folded.append(text(one).toLowerCase(Locale.ROOT));
      place += Character.charCount(one);
    }
  }

  private static String text(int codePoint) {
    return new String(Character.toChars(codePoint));
  }

  private static boolean within(int codePoint, int first, int last) {
    return codePoint >= first && codePoint <= last;
  }
}
