package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import fedexclient.contract.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class OrientationGoldenTest {
  private static final String PREFIX = "EXIF orientation ";

  static List<Golden.Vector> all() {
    return Golden.vectors("photos.json");
  }

  static List<Golden.Vector> turned() {
    return all().stream().filter(one -> one.text("what").startsWith(PREFIX)).collect(Collectors.toList());
  }

  static List<Golden.Vector> others() {
    return all().stream().filter(one -> !one.text("what").startsWith(PREFIX)).collect(Collectors.toList());
  }

  /** The photo that every one of them stores. */
  private static Pixels stored() throws PhotoException {
    Golden.Vector upright = turned().stream().filter(one -> one.text("what").equals(PREFIX + 1)).findFirst()
        .orElseThrow();
    return TestPhotos.of(upright);
  }

  @ParameterizedTest
  @MethodSource("turned")
  void a_photo_is_turned_as_the_exif_in_its_file_says(Golden.Vector vector) throws Exception {
    assertEquals(TestPhotos.of(vector), ExifOrientation.of(vector.hex("file")).turn(stored()));
  }

  @ParameterizedTest
  @MethodSource("others")
  void a_photo_without_exif_stands_as_it_is_stored(Golden.Vector vector) {
    assertEquals(Orientation.UPRIGHT, ExifOrientation.of(vector.hex("file")));
  }

  private static byte[] exif(ByteOrder order, int number) {
    ByteBuffer exif = ByteBuffer.allocate(38).order(order);
    exif.put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes(StandardCharsets.US_ASCII));
    exif.putShort((short) 42).putInt(8).putShort((short) 2);
    exif.putShort((short) 0x0100).putShort((short) 4).putInt(1).putInt(640);
    exif.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) number);
    return exif.array();
  }

  private static byte[] bytes(Object... parts) {
    ByteBuffer file = ByteBuffer.allocate(4096);
    for (Object part : parts) {
      file.put(part instanceof String ? ((String) part).getBytes(StandardCharsets.ISO_8859_1) : (byte[]) part);
    }
    return Arrays.copyOf(file.array(), file.position());
  }

  private static byte[] jpeg(Orientation orientation) {
    byte[] exif = exif(ByteOrder.LITTLE_ENDIAN, orientation.ordinal() + 1);
    String length = "\0" + (char) (2 + 6 + exif.length);
    return bytes("\u00ff\u00d8\u00ff\u00e0\0\6JFIF\u00ff\u00ff\u00e1\0\6http\u00ff\u00e1", length, "Exif\0\0", exif,
        "\u00ff\u00da\0\2");
  }

  private static byte[] webp(Orientation orientation, String introduction) {
    byte[] exif = exif(ByteOrder.BIG_ENDIAN, orientation.ordinal() + 1);
    char length = (char) (introduction.length() + exif.length);
    return bytes("RIFF\0\0\0\0WEBPVP8X\3\0\0\0abc\0EXIF", length + "\0\0\0", introduction, exif);
  }

  @ParameterizedTest
  @EnumSource
  void jpegs_and_webps_state_it_too(Orientation orientation) {
    assertEquals(orientation, ExifOrientation.of(jpeg(orientation)));
    assertEquals(orientation, ExifOrientation.of(webp(orientation, "")));
    assertEquals(orientation, ExifOrientation.of(webp(orientation, "Exif\0\0")));
  }

  @Test
  void whatever_the_bytes_are_there_is_an_orientation() {
    Random random = new Random(1);
    byte[] png = turned().get(6).hex("file");
    for (byte[] file : new byte[][] {jpeg(Orientation.FLIPPED), webp(Orientation.FLIPPED, "Exif\0\0"), png}) {
      for (int length = 0; length <= file.length; length++) {
        assertNotNull(ExifOrientation.of(Arrays.copyOf(file, length)));
      }
      for (int change = 0; change < 20_000; change++) {
        byte[] changed = file.clone();
        for (int byteNumber = 0; byteNumber <= change % 3; byteNumber++) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        assertNotNull(ExifOrientation.of(changed));
      }
    }
  }
}
