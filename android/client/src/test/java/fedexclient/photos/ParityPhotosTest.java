package fedexclient.photos;

import static org.junit.Assert.assertEquals;
import static org.junit.Assume.assumeTrue;

import fedexclient.recognise.Pixels;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.Test;

/**
 * The photos whose features are compared elsewhere, in a JVM without Android, are those that Android decodes.
 *
 * <p>Its decoders and TensorFlow Lite's library cannot be in one process here.
 */
public class ParityPhotosTest extends PhotoTestCase {
  @Test
  public void the_photos_of_the_comparison_have_the_pixels_that_are_recognised_there() throws Exception {
    Path folder = Paths.get(System.getProperty("fedex.fixture", "../../build/android-fixture"));
    assumeTrue("no photos that the Python side drew: make install, then make test-android",
        Files.exists(folder.resolve("float/expected.tensors")));
    try (Stream<Path> files = Files.list(folder.resolve("photos"))) {
      List<Path> photos = files.collect(Collectors.toList());
      assertEquals(200, photos.size());
      for (Path photo : photos) {
        assertEquals(photo.toString(), there(photo), decoder.decode(photo.toFile()).pixels());
      }
    }
  }

  private static Pixels there(Path photo) throws Exception {
    BufferedImage image = ImageIO.read(photo.toFile());
    int width = image.getWidth();
    return Pixels.ofRows(width, image.getHeight(), (y, row) -> image.getRGB(0, y, width, 1, row, 0, width));
  }
}
