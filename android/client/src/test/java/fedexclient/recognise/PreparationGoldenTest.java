package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Golden;
import fedexclient.contract.GoldenParts;
import fedexclient.contract.Inputs;
import fedexclient.contract.PhotoInput;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PreparationGoldenTest {
  /** Of a byte, as the contract says. */
  private static final int TOLERANCE = 2;

  static List<Golden.Vector> fitted() {
    return Golden.vectors("fitted.json");
  }

  static List<Golden.Vector> fits() {
    return Golden.vectors("fits.json");
  }

  @ParameterizedTest
  @MethodSource("fitted")
  void a_photo_is_fitted_as_the_golden_file_says(Golden.Vector vector) throws Exception {
    PhotoInput input = Inputs.photo(vector.vector("input"));
    Pixels got = Preparation.prepare(TestPhotos.of(vector.vector("photo")), input);
    assertEquals(input.width(), got.width());
    assertEquals(input.channels(), got.channels());
    assertTrue(TestPhotos.farthest(vector.hex("values"), got.bytes()) <= TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("fits")
  void part_and_place_are_the_golden_ones(Golden.Vector vector) {
    Golden.Vector photo = vector.vector("photo");
    PhotoInput input = Inputs.photo(vector.vector("input"));
    Placement placement = Placement.of((int) photo.integer("width"), (int) photo.integer("height"), input);
    assertEquals(rectangle(vector.integers("part")), placement.part());
    assertEquals(rectangle(vector.integers("place")), placement.place());
  }

  private static Rectangle rectangle(long[] sides) {
    List<Integer> four = LongStream.of(sides).mapToObj(side -> (int) side).collect(Collectors.toList());
    return new Rectangle(four.get(0), four.get(1), four.get(2), four.get(3));
  }

  @Test
  void lumas_are_the_golden_ones() throws Exception {
    for (Golden.Vector vector : Golden.vectors("luma.json")) {
      long[] rgb = vector.integers("rgb");
      Pixels pixel = Pixels.ofRgb(1, 1, new byte[] {(byte) rgb[0], (byte) rgb[1], (byte) rgb[2]});
      assertEquals(vector.integer("luma"), pixel.luma().at(0, 0, 0));
    }
  }

  @Test
  void an_input_of_faces_takes_no_whole_photo() {
    Map<?, ?> parameters = GoldenParts.map("faces.json", "parameters");
    PhotoInput faces = Inputs.faces(160, parameters, Map.of());
    assertThrows(IllegalArgumentException.class, () -> Placement.of(10, 10, faces));
  }
}
