package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Golden;
import fedexclient.contract.GoldenParts;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaceFinderTest {
  private static final Pixels PHOTO = Pixels.black(64, 48, 3);

  static List<Golden.Vector> samples() {
    return Golden.vectors("face-samples.json", "samples");
  }

  private static float[] row(double score, double x, double y, double size, double point) {
    float[] row = new float[Detections.ROW];
    Arrays.fill(row, (float) point);
    float[] box = {(float) score, (float) x, (float) y, (float) size, (float) size};
    System.arraycopy(box, 0, row, 0, box.length);
    return row;
  }

  private static FaceFinder finder(FaceFinder.Detector detector) {
    return new FaceFinder(detector, FaceRulesGoldenTest.rules(Map.of()));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void a_detector_of_no_numbers_is_refused(float bad) {
    for (double score : new double[] {0, 0.9}) {
      float[] row = row(score, 0.5, 0.5, 0.25, 0.5);
      row[row.length - 1] = bad;
      assertThrows(ModelRefusedException.class, () -> finder(taken -> row).find(PHOTO));
    }
  }

  @Test
  void numbers_that_are_of_no_face_are_passed_over() throws Exception {
    float[][] rows = {row(0.9, 3e38, 0.5, 0.25, 0.5), row(0.9, 0.5, 0.5, 0.25, -17), row(0.9, 0.5, 0.5, -0.25, 0.5),
        row(0.9, 0.5, 0.5, 1e-45, 0.5)};
    for (float[] row : rows) {
      FaceFinder.FoundFaces found = finder(taken -> row).find(PHOTO);
      assertTrue(found.faces().isEmpty());
      assertEquals(-1, found.subject());
    }
  }

  @Test
  void a_face_anywhere_and_of_any_size_gives_a_square() throws Exception {
    float[][] rows = {row(0.9, 16, -16, 16, 16), row(3e38, 0.5, 0.5, 0x1p-10, 0.5), row(0.9, 5, 5, 0.25, 5)};
    for (float[] row : rows) {
      FaceFinder.FoundFaces found = finder(taken -> row).find(PHOTO);
      assertEquals(0, found.subject());
      assertEquals(16, SquareSampling.sample(PHOTO, found.squares().get(0), 16).width());
    }
  }

  @Test
  void a_photo_without_a_face_is_looked_at_once_more_with_a_margin() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    byte[] white = new byte[64 * 64 * 3];
    Arrays.fill(white, (byte) 255);
    FaceFinder finder = finder(taken -> {
      assertEquals(256, taken.width());
      assertEquals(looks.getAndIncrement() == 0 ? 255 : 0, taken.at(0, 0, 0));
      return row(0.4, 0.5, 0.5, 0.25, 0.5);
    });
    assertTrue(finder.find(Pixels.ofRgb(64, 64, white)).faces().isEmpty());
    assertEquals(2, looks.get());
  }

  @Test
  void a_detector_of_very_many_tilted_faces_is_not_asked_again_for_each() throws Exception {
    float[] rows = new float[529 * Detections.ROW];
    for (int place = 0; place < 529; place++) {
      float x = (place % 23 + 1) / 25f;
      float y = (place / 23 + 1) / 25f;
      float[] row = row(0.9, x, y, 0.02, y);
      for (int point = 0; point < Face.POINTS; point++) {
        row[5 + 2 * point] = x + 0.01f * (point & 1);
        row[6 + 2 * point] = y + 0.01f * (point & 1);
      }
      System.arraycopy(row, 0, rows, place * Detections.ROW, Detections.ROW);
    }
    AtomicInteger looks = new AtomicInteger();
    FaceFinder finder = finder(taken -> {
      looks.incrementAndGet();
      return rows;
    });
    int found = finder.find(Pixels.black(256, 256, 3)).faces().size();
    assertEquals(1 + FaceRules.MAX_FACES, looks.get());
    assertTrue(found > 0 && found <= FaceRules.MAX_FACES);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void squares_are_sampled_as_the_golden_file_says(Golden.Vector vector) throws Exception {
    Golden.Vector photo = GoldenParts.vector("face-samples.json", "photo");
    List<?> numbers = vector.list("square");
    double[] four = numbers.stream().mapToDouble(number -> ((Number) number).doubleValue()).toArray();
    Square square = new Square(four[0], four[1], four[2], four[3]);
    Pixels sampled = SquareSampling.sample(TestPhotos.drawn(photo), square, (int) vector.integer("size"));
    long tolerance = (Long) ((Map<?, ?>) Golden.json("face-samples.json")).get("tolerance");
    assertTrue(TestPhotos.farthest(vector.hex("pixels"), sampled.bytes()) <= tolerance);
  }

  @Test
  void the_photo_of_the_golden_samples_is_drawn_as_the_contract_says() throws Exception {
    Golden.Vector photo = GoldenParts.vector("face-samples.json", "photo");
    assertEquals(TestPhotos.of(photo), TestPhotos.drawn(photo));
  }
}
