package fedexclient.photos;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.Test;

public class RefusedPhotoTest extends PhotoTestCase {
  private static final int CUTS = 150;
  private static final int CHANGES = 150;
  private static final int FILES = 3000;

  /** So that a changed size costs no seconds. */
  private static final int MAX_PIXELS = 200_000;

  @Test
  public void what_the_python_device_refuses_is_refused() throws Exception {
    assertEquals(40, Decoded.files("refused").size());
    for (Path file : Decoded.files("refused")) {
      refused(file.toString(), Files.readAllBytes(file));
    }
  }

  @Test
  public void what_is_no_photo_is_called_by_its_name() {
    assertTrue(refused("text", bytes("%PDF-1.7")).getMessage().endsWith("got a PDF document"));
    assertTrue(refused("tensor", bytes("\u0093NUMPY\1\0")).getMessage().endsWith("got a tensor (.npy)"));
    assertTrue(refused("film", bytes("\0\0\0\24ftypisom\0\0\0\0mp42")).getMessage().endsWith("got a video"));
    assertTrue(refused("nothing", new byte[0]).getMessage().endsWith("got an empty file"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A decoder shows what there is of a photo that is cut, and black or grey: such pixels are nobody's. */
  private void isRefusedOrWhole(String part, double mostWhole) throws Exception {
    Path file = Decoded.folder().resolve(part);
    byte[] content = Files.readAllBytes(file);
    Pixels expected = decoder.decode(content).pixels();
    int whole = 0;
    for (int cut = 0; cut < CUTS; cut++) {
      int length = length(content.length, cut);
      try {
        assertEquals(file + " cut to " + length, expected, decoder.decode(Arrays.copyOf(content, length)).pixels());
        whole++;
      } catch (PhotoException refused) {
        continue;
      }
    }
    assertTrue(file + ": " + whole, whole <= mostWhole);
  }

  /** Half of them near the end, where little is missing. */
  private static int length(int whole, int cut) {
    return cut < CUTS / 2 ? whole - 1 - cut : (int) (2L * whole * (cut - CUTS / 2) / CUTS);
  }

  @Test
  public void a_photo_that_is_cut_is_refused_unless_its_pixels_are_whole() throws Exception {
    isRefusedOrWhole("jpeg/noisy-420-75", 3);
    isRefusedOrWhole("jpeg/noisy-progressive", 3);
    isRefusedOrWhole("cmyk/noisy", 3);
    isRefusedOrWhole("odd-jpeg/with restarts colour without end", 3);
    isRefusedOrWhole("png/RGB", 25);
    isRefusedOrWhole("png/P", 25);
    isRefusedOrWhole("webp/lossy", 0);
    isRefusedOrWhole("webp/lossless", 0);
    isRefusedOrWhole("gif/plain", 8);
    isRefusedOrWhole("gif/interlaced", 8);
    isRefusedOrWhole("bmp/RGB", 1);
  }

  /** Whatever the bytes are, the decoder ends with pixels or with an error of ours. */
  @Test
  public void photos_with_changed_bytes_are_decoded_or_refused() throws Exception {
    Random random = new Random(3);
    for (String part : new String[] {"jpeg/noisy-420-75", "jpeg/noisy-progressive", "cmyk/smooth", "png/P",
        "png/turned-6", "webp/lossless-animated", "webp/lossy-alpha", "gif/animated", "bmp/P"}) {
      byte[] content = Files.readAllBytes(Decoded.folder().resolve(part));
      int refused = 0;
      for (int change = 0; change < CHANGES; change++) {
        refused += isRefused(changed(content, random)) ? 1 : 0;
      }
      assertTrue(part + ": " + refused, refused > 0);
    }
  }

  /** The same of what takes files apart before a decoder sees them, many times. */
  @Test
  public void files_with_changed_bytes_are_taken_apart_or_refused() throws Exception {
    Random random = new Random(4);
    for (String part : new String[] {"odd-jpeg/plain grey without end", "odd-jpeg/progressive colour without end",
        "gif/smaller-transparent", "webp/lossless-turned", "bmp/1", "png/turned-6"}) {
      byte[] content = Files.readAllBytes(Decoded.folder().resolve(part));
      int refused = 0;
      for (int change = 0; change < FILES; change++) {
        byte[] changed = changed(content, random);
        refused += isTakenApart(Arrays.copyOf(changed, random.nextInt(content.length))) ? 0 : 1;
        refused += isTakenApart(changed) ? 0 : 1;
      }
      assertTrue(part + ": " + refused, refused > 0);
    }
  }

  private static boolean isTakenApart(byte[] content) {
    try {
      PhotoFile file = PhotoFile.open(content);
      if (!(file instanceof PngFile)) { // whose rows are read only when a decoder has taken its header
        file.checkPixels();
      }
      return true;
    } catch (PhotoException refused) {
      return false;
    }
  }

  private static boolean isRefused(byte[] content) {
    try {
      new PhotoDecoder(MAX_PIXELS).decode(content);
      return false;
    } catch (PhotoException refused) {
      return true;
    }
  }

  /** Some bytes, most of them at the beginning, where sizes are. */
  private static byte[] changed(byte[] content, Random random) {
    byte[] changed = content.clone();
    for (int count = 0; count < 4; count++) {
      int within = count % 2 == 0 ? Math.min(200, content.length) : content.length;
      changed[random.nextInt(within)] = (byte) random.nextInt(256);
    }
    return changed;
  }
}
