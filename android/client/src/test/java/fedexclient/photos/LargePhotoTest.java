package fedexclient.photos;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import com.sun.management.ThreadMXBean;
import fedexclient.recognise.Pixels;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Test;

public class LargePhotoTest extends PhotoTestCase {
  private static final int MEGABYTE = 1 << 20;

  private static byte[] jpeg(int width, int height) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888).compress(Bitmap.CompressFormat.JPEG, 90, file);
    return file.toByteArray();
  }

  private static byte[] png(int width, int height) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888).compress(Bitmap.CompressFormat.PNG, 90, file);
    return file.toByteArray();
  }

  @Test
  public void a_jpeg_of_108_megapixels_is_decoded_at_half_its_size_in_the_heap_of_that() throws Exception {
    Path file = Decoded.files("large").get(0);
    decoder.decode(jpeg(10, 10)); // loads what decodes
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getThreadAllocatedBytes(Thread.currentThread().getId());
    Pixels pixels = decoder.decode(file.toFile()).pixels();
    long allocated = thread.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    assertEquals(6000, pixels.width());
    assertEquals(4500, pixels.height());
    long all = 3L * 6000 * 4500;
    assertTrue(allocated / MEGABYTE + " MB", allocated < all + 8 * Files.size(file) + MEGABYTE);
    for (byte value : pixels.bytes()) {
      assertEquals((byte) 128, value);
    }
  }

  @Test
  public void a_large_jpeg_is_decoded_at_the_largest_part_that_fits() throws Exception {
    int[][] sizes = {{31, 32, 31, 32}, {40, 25, 40, 25}, {64, 50, 32, 25}, {63, 49, 32, 25}, {101, 39, 26, 10}};
    for (int[] size : sizes) {
      Photo photo = new PhotoDecoder(1000).decode(jpeg(size[0], size[1]));
      assertEquals(size[2], photo.pixels().width());
      assertEquals(size[3], photo.pixels().height());
      assertEquals((size[0] + size[2] - 1) / size[2], photo.divisor());
    }
  }

  @Test
  public void more_pixels_than_there_may_be_are_refused_before_they_are_decoded() {
    PhotoDecoder small = new PhotoDecoder(1000);
    assertThrows(PhotoTooLargeException.class, () -> small.decode(jpeg(80, 51)));
    assertThrows(PhotoTooLargeException.class, () -> small.decode(png(64, 50)));
    assertThrows(IllegalArgumentException.class, () -> new PhotoDecoder(Pixels.MAX_PIXELS + 1));
    assertThrows(IllegalArgumentException.class, () -> new PhotoDecoder(0));
  }
}
