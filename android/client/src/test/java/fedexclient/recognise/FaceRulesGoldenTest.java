package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import fedexclient.contract.Box;
import fedexclient.contract.FaceParameters;
import fedexclient.contract.Golden;
import fedexclient.contract.GoldenParts;
import fedexclient.contract.Inputs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers in the golden file have six digits. */
class FaceRulesGoldenTest {
  private static final double DIGITS = 1e-6;

  static List<Golden.Vector> letterboxes() {
    return Golden.vectors("faces.json", "letterboxes");
  }

  static List<Golden.Vector> looks() {
    return GoldenParts.named("faces.json", "looks");
  }

  static List<Golden.Vector> tilts() {
    return Golden.vectors("faces.json", "tilts");
  }

  static List<Golden.Vector> secondLooks() {
    return GoldenParts.named("faces.json", "second_looks");
  }

  static List<Golden.Vector> squares() {
    return Golden.vectors("faces.json", "squares");
  }

  /** The rules by the file's parameters; those that {@code changes} has are others. */
  static FaceRules rules(Map<?, ?> changes) {
    FaceParameters faces = Inputs.faces(160, GoldenParts.map("faces.json", "parameters"), changes).faces();
    return new FaceRules(faces);
  }

  @ParameterizedTest
  @MethodSource("letterboxes")
  void a_photo_lies_in_the_detectors_input_where_the_golden_file_says(Golden.Vector vector) {
    long[] photo = vector.integers("photo");
    Rectangle inner = Letterbox.of((int) photo[0], (int) photo[1], 256, vector.number("margin")).inner();
    assertArrayEquals(vector.integers("inner"), new long[] {inner.width(), inner.height()});
    assertArrayEquals(vector.integers("place"), new long[] {inner.left(), inner.top()});
  }

  @ParameterizedTest
  @MethodSource("looks")
  void the_rows_of_a_look_give_the_golden_faces(Golden.Vector vector) {
    FaceRules rules = rules(vector.has("parameters") ? vector.map("parameters") : Map.of());
    long[] photo = vector.integers("photo");
    Letterbox box = Letterbox.of((int) photo[0], (int) photo[1], 256, vector.number("margin"));
    List<Face> merged = rules.merge(rows(vector)).stream().map(box::inPhoto).collect(Collectors.toList());
    assertFaces(vector.list("merged"), merged);
    List<Face> faces = FaceRules.sort(merged);
    assertEquals(vector.list("faces"),
        faces.stream().map(face -> (long) merged.indexOf(face)).collect(Collectors.toList()));
    assertSquares(vector.list("squares"), faces.stream().map(rules::squareOf).collect(Collectors.toList()));
    assertEquals(vector.list("boxes"), faces.stream().map(FaceRulesGoldenTest::box).collect(Collectors.toList()));
    if (faces.isEmpty()) {
      assertNull(vector.get("subject"));
    } else {
      assertEquals(vector.integer("subject"), rules.subject(faces, (int) photo[0], (int) photo[1]));
    }
  }

  @ParameterizedTest
  @MethodSource("tilts")
  void a_tilted_face_is_looked_at_again(Golden.Vector vector) {
    Square again = rules(Map.of("tilt", vector.get("tilt"))).secondLook(face(vector.list("face")));
    if (vector.has("look")) {
      assertNotNull(again);
      assertSquare(vector.list("look"), again);
    } else {
      assertNull(again);
    }
  }

  @ParameterizedTest
  @MethodSource("secondLooks")
  void a_second_look_gives_the_golden_face(Golden.Vector vector) {
    FaceRules rules = rules(Map.of());
    Face first = face(vector.list("face"));
    Square square = rules.secondLook(first);
    assertSquare(vector.list("look"), square);
    Face after = rules.seenAgain(first, square, rules.merge(rows(vector)));
    assertFace(vector.list("after"), after);
    assertSquare(vector.list("square"), rules.squareOf(after));
  }

  @ParameterizedTest
  @MethodSource("squares")
  void the_square_of_a_face_is_the_golden_one(Golden.Vector vector) {
    Square square = rules(Map.of("middle", vector.get("middle"))).squareOf(face(vector.list("face")));
    assertSquare(vector.list("square"), square);
  }

  @Test
  void of_very_many_faces_the_widest_are_kept_in_their_order() {
    List<Face> narrow = Collections.nCopies(200, face(5));
    List<Face> wide = Collections.nCopies(200, face(9));
    List<Face> faces = new ArrayList<>(narrow);
    faces.addAll(wide);
    List<Face> expected = new ArrayList<>(narrow.subList(0, FaceRules.MAX_FACES - 200));
    expected.addAll(wide);
    assertEquals(expected, FaceRules.bound(faces));
    assertEquals(narrow, FaceRules.bound(narrow));
  }

  private static Face face(double width) {
    return new Face(0.9, 50, 50, width, width, new double[2 * Face.POINTS]);
  }

  private static float[] rows(Golden.Vector vector) {
    List<?> rows = vector.list("numbers");
    float[] numbers = new float[rows.size() * Detections.ROW];
    int at = 0;
    for (Object row : rows) {
      for (double number : numbers((List<?>) row)) {
        numbers[at++] = (float) number;
      }
    }
    return numbers;
  }

  private static double[] numbers(List<?> list) {
    return list.stream().mapToDouble(number -> ((Number) number).doubleValue()).toArray();
  }

  private static Face face(List<?> list) {
    double[] numbers = numbers(list);
    double[] points = Arrays.copyOfRange(numbers, 5, numbers.length);
    return new Face(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], points);
  }

  private static List<Long> box(Face face) {
    Box box = Box.nearest(face.left(), face.top(), face.right(), face.bottom());
    return List.of((long) box.left(), (long) box.top(), (long) box.right(), (long) box.bottom());
  }

  private static void assertFaces(List<?> expected, List<Face> got) {
    assertEquals(expected.size(), got.size());
    for (int index = 0; index < got.size(); index++) {
      assertFace((List<?>) expected.get(index), got.get(index));
    }
  }

  private static void assertFace(List<?> expected, Face got) {
    double[] numbers = new double[Detections.ROW];
    double[] box = {got.score(), got.x(), got.y(), got.width(), got.height()};
    System.arraycopy(box, 0, numbers, 0, box.length);
    for (int point = 0; point < Face.POINTS; point++) {
      numbers[box.length + 2 * point] = got.pointX(point);
      numbers[box.length + 2 * point + 1] = got.pointY(point);
    }
    assertArrayEquals(numbers(expected), numbers, DIGITS);
  }

  private static void assertSquares(List<?> expected, List<Square> got) {
    assertEquals(expected.size(), got.size());
    for (int index = 0; index < got.size(); index++) {
      assertSquare((List<?>) expected.get(index), got.get(index));
    }
  }

  private static void assertSquare(List<?> expected, Square got) {
    double[] numbers = {got.x(), got.y(), got.side(), got.angle()};
    assertArrayEquals(numbers(expected), numbers, DIGITS);
  }
}
