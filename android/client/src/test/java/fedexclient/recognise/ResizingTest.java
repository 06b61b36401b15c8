package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizingTest {
  private static Pixels random(int width, int height, int channels) {
    byte[] values = new byte[width * height * channels];
    new Random(width * 31L + height).nextBytes(values);
    return Pixels.of(width, height, channels, values);
  }

  @ParameterizedTest
  @CsvSource({"40,30,3, 16,12", "40,30,1, 7,30", "13,17,3, 40,50", "300,2,3, 3,2", "5,500,3, 5,1", "1,1,3, 4,4"})
  void each_pixel_is_the_mean_that_the_contract_says(int width, int height, int channels, int wide, int high) {
    Pixels picture = random(width, height, channels);
    Pixels got = Resizing.resize(picture, wide, high);
    for (int y = 0; y < high; y++) {
      for (int x = 0; x < wide; x++) {
        for (int channel = 0; channel < channels; channel++) {
          double expected = mean(picture, (x + 0.5) * width / wide, width / (double) wide, (y + 0.5) * height / high,
              height / (double) high, channel);
          assertEquals(expected, got.at(x, y, channel), 1.01, x + ", " + y);
        }
      }
    }
  }

  /** The weights of section 2, as they stand there, in double precision. */
  private static double mean(Pixels picture, double x, double across, double y, double down, int channel) {
    double sum = 0;
    double whole = 0;
    for (int row = 0; row < picture.height(); row++) {
      for (int column = 0; column < picture.width(); column++) {
        double weight = weight(row, y, down) * weight(column, x, across);
        sum += weight * picture.at(column, row, channel);
        whole += weight;
      }
    }
    return sum / whole;
  }

  private static double weight(int pixel, double centre, double step) {
    return Math.max(0, 1 - Math.abs(pixel + 0.5 - centre) / Math.max(1, step));
  }

  @Test
  void a_picture_of_that_size_is_left_as_it_is() {
    Pixels picture = random(9, 7, 3);
    assertSame(picture, Resizing.resize(picture, 9, 7));
  }

  @ParameterizedTest
  @CsvSource({"40,30, 5,3,20,10, 7,4", "40,30, 0,0,40,30, 7,4", "40,30, 8,2,20,28, 20,9", "40,30, 8,2,12,9, 30,9",
      "900,4, 100,1,700,3, 1,2", "4,900, 1,100,3,700, 2,1", "40,30, 9,9,6,6, 6,6"})
  void what_lies_beside_a_part_has_no_influence(
      int width, int height, int left, int top, int partWidth, int partHeight, int wide, int high) {
    Pixels picture = random(width, height, 3);
    Rectangle part = new Rectangle(left, top, partWidth, partHeight);
    assertEquals(Resizing.resize(picture.part(part), wide, high), Resizing.resize(picture, part, wide, high));
    assertEquals(picture.part(part).luma(), picture.luma(part));
  }

  @Test
  void one_colour_stays_that_colour_at_any_size() {
    byte[] white = new byte[100_000 * 3];
    Arrays.fill(white, (byte) 255);
    for (int[] size : new int[][] {{1, 1}, {3, 7}, {256, 1}, {1, 256}, {200, 200}}) {
      assertWhite(Resizing.resize(Pixels.of(100_000, 1, 3, white), size[0], size[1]));
      assertWhite(Resizing.resize(Pixels.of(1, 100_000, 3, white), size[0], size[1]));
      assertWhite(Resizing.resize(Pixels.of(400, 250, 3, white), size[0], size[1]));
    }
  }

  @Test
  void the_longest_photo_is_resized_in_bounded_memory() throws Exception {
    Pixels strip = Pixels.ofRows(8_000_001, 1, (y, row) -> Arrays.fill(row, 0xffffff));
    assertWhite(Resizing.resize(strip, 256, 1));
    assertWhite(Resizing.resize(strip, 20_000, 1));
  }

  private static void assertWhite(Pixels picture) {
    boolean isWhite = true;
    for (byte value : picture.values()) {
      isWhite &= value == (byte) 255;
    }
    assertTrue(isWhite, picture.toString());
  }
}
