package fedexclient.photos;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.Test;

/**
 * Files of every kind have the pixels that the Python device has of them.
 *
 * <p>To the byte was seen for each; decoders of other versions may round the pixels of JPEGs and WebPs another way.
 */
public class DecodingParityTest extends PhotoTestCase {
  private static final double ROUNDING = 0.5;

  private void compare(String kind, int files, double most) throws Exception {
    List<Path> there = Decoded.files(kind);
    assertEquals(kind, files, there.size());
    for (Path file : there) {
      Decoded expected = Decoded.of(file);
      double error = expected.meanError(decoder.decode(expected.content()).pixels());
      assertTrue(expected + ": " + error, error <= most);
    }
  }

  @Test
  public void jpegs() throws Exception {
    compare("jpeg", 25, ROUNDING);
  }

  @Test
  public void jpegs_of_four_inks() throws Exception {
    compare("cmyk", 2, ROUNDING);
  }

  @Test
  public void pngs() throws Exception {
    compare("png", 21, 0);
  }

  @Test
  public void webps() throws Exception {
    compare("webp", 10, ROUNDING);
  }

  @Test
  public void gifs() throws Exception {
    compare("gif", 6, 0);
  }

  @Test
  public void bmps() throws Exception {
    compare("bmp", 5, 0);
  }

  @Test
  public void pngs_whose_other_parts_are_damaged() throws Exception {
    compare("odd-png", 49, 0);
  }

  @Test
  public void jpegs_whose_other_parts_are_damaged_or_whose_end_is_missing() throws Exception {
    compare("odd-jpeg", 90, ROUNDING);
  }
}
