package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import fedexclient.contract.Golden;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OrientationGoldenTest {
  private static final String PREFIX = "EXIF orientation ";

  static List<Golden.Vector> photos() {
    return Golden.vectors("photos.json").stream().filter(one -> one.text("what").startsWith(PREFIX))
        .collect(Collectors.toList());
  }

  /** The photo that every one of them stores. */
  private static Pixels stored() throws PhotoException {
    Golden.Vector upright = photos().stream().filter(one -> one.text("what").equals(PREFIX + 1)).findFirst()
        .orElseThrow();
    return TestPhotos.of(upright);
  }

  @ParameterizedTest
  @MethodSource("photos")
  void a_photo_is_turned_as_its_exif_says(Golden.Vector vector) throws Exception {
    int number = Integer.parseInt(vector.text("what").substring(PREFIX.length()));
    assertEquals(TestPhotos.of(vector), Orientation.ofExif(number).turn(stored()));
  }
}
