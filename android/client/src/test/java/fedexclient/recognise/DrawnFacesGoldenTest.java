package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import fedexclient.contract.Golden;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference detector, as the Python side exports it, on drawn photos. */
class DrawnFacesGoldenTest {
  /** Of the square's side, as the contract says. */
  private static final double SHARE = 0.02;

  private static final double RADIANS = 0.04;

  static List<Golden.Vector> photos() {
    return Golden.vectors("drawn-faces.json");
  }

  @ParameterizedTest
  @MethodSource("photos")
  void the_faces_are_found_where_the_golden_file_says(Golden.Vector vector) throws Exception {
    Fixture fixture = Fixture.require();
    try (Model detector = fixture.models().detector()) {
      FaceFinder finder = new FaceFinder(
          taken -> detector.run(ByteBuffer.wrap(taken.values())), FaceRulesGoldenTest.rules(Map.of()));
      FaceFinder.FoundFaces found = finder.find(TestPhotos.drawn(vector.vector("photo")));
      assertEquals(vector.list("squares").size(), found.squares().size());
      for (int place = 0; place < found.squares().size(); place++) {
        compare(numbers(vector, "boxes", place), found.faces().get(place), numbers(vector, "squares", place),
            found.squares().get(place));
      }
      if (found.subject() < 0) {
        assertNull(vector.get("subject"));
      } else {
        assertEquals(vector.integer("subject"), found.subject());
      }
    }
  }

  private static void compare(double[] box, Face face, double[] expected, Square square) {
    double off = SHARE * expected[2];
    double[] edges = {face.left(), face.top(), face.right(), face.bottom()};
    for (int edge = 0; edge < edges.length; edge++) {
      assertEquals(box[edge], edges[edge], off);
    }
    assertEquals(expected[0], square.x(), off);
    assertEquals(expected[1], square.y(), off);
    assertEquals(expected[2], square.side(), off);
    assertEquals(expected[3], square.angle(), RADIANS);
  }

  private static double[] numbers(Golden.Vector vector, String key, int place) {
    List<?> list = (List<?>) vector.list(key).get(place);
    return list.stream().mapToDouble(number -> ((Number) number).doubleValue()).toArray();
  }
}
