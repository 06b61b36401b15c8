package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LabelGoldenTest {
  static List<Golden.Vector> entered() {
    return Golden.vectors("label-rules.json");
  }

  static List<Golden.Vector> lists() {
    return Golden.vectors("label-lists.json");
  }

  @ParameterizedTest
  @MethodSource("entered")
  void what_is_entered_becomes_a_label_or_is_refused(Golden.Vector vector) throws Exception {
    String entered = vector.text("entered");
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> Label.of(entered)));
    } else if (isKnownHere(vector.text("label"))) {
      assertEquals(vector.text("label"), Label.of(entered));
      assertEquals(vector.text("key"), LabelKey.of(Label.of(entered)));
      assertEquals(vector.text("label"), Label.check(vector.text("label"), "label"));
    } else {
      assertEquals("Impossible", Refusal.of(() -> Label.of(entered)));
    }
  }

  /** A JDK of an older Unicode than 14.0 refuses what it does not know, as the contract says. */
  @Test
  void most_golden_labels_are_known_here() {
    List<Golden.Vector> labels = new ArrayList<>(entered());
    labels.removeIf(vector -> vector.has("refused"));
    long known = labels.stream().filter(vector -> isKnownHere(vector.text("label"))).count();
    assertTrue(known >= labels.size() - 3, known + " of " + labels.size());
  }

  private static boolean isKnownHere(String label) {
    return label.codePoints().allMatch(letter -> !LabelCodePoints.contain(letter) || Label.isKnown(letter));
  }

  @Test
  void keys_are_what_is_stated() {
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) Golden.json("label-keys.json")).entrySet()) {
      String label = (String) entry.getKey();
      if (isKnownHere(label)) {
        assertEquals(entry.getValue(), LabelKey.of(label), label);
      }
    }
  }

  @Test
  void the_sets_of_code_points_are_those_of_the_contract() {
    Map<?, ?> sets = (Map<?, ?>) Golden.json("label-code-points.json");
    Pattern marks = Pattern.compile("[" + Label.MARKS + "]");
    Pattern spaces = Pattern.compile("[" + Label.SPACES + "]");
    Pattern selectors = Pattern.compile("[" + LabelKey.SELECTORS + "]");
    for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
      String text = new String(Character.toChars(codePoint));
      assertEquals(has(sets, "letters", codePoint), LabelCodePoints.contain(codePoint), text);
      assertEquals(has(sets, "marks", codePoint), marks.matcher(text).matches(), text);
      assertEquals(has(sets, "spaces", codePoint), spaces.matcher(text).matches(), text);
      assertEquals(has(sets, "selectors", codePoint), selectors.matcher(text).matches(), text);
    }
  }

  private static boolean has(Map<?, ?> sets, String name, long codePoint) {
    for (Object run : (List<?>) sets.get(name)) {
      if ((Long) ((List<?>) run).get(0) <= codePoint && codePoint <= (Long) ((List<?>) run).get(1)) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @MethodSource("lists")
  void a_label_list_is_read_or_refused(Golden.Vector vector) throws Exception {
    byte[] data = listOf(vector);
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> LabelList.parse(data)));
    } else if (vector.has("labels")) {
      assertEquals(vector.list("labels"), LabelList.parse(data).labels());
    } else {
      assertEquals(vector.integer("numbers"), LabelList.parse(data).labels().size());
    }
  }

  private static byte[] listOf(Golden.Vector vector) {
    if (vector.has("numbers")) {
      StringBuilder list = new StringBuilder("[");
      for (long number = 0; number < vector.integer("numbers"); number++) {
        list.append(number == 0 ? "" : ",").append('"').append(number).append('"');
      }
      return list.append(']').toString().getBytes(StandardCharsets.US_ASCII);
    }
    byte[] list = vector.hex("list");
    if (!vector.has("filled_to")) {
      return list;
    }
    byte[] filled = Arrays.copyOf(list, (int) vector.integer("filled_to"));
    Arrays.fill(filled, list.length, filled.length, (byte) ' ');
    return filled;
  }
}
