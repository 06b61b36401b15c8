package fedexclient.photos;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import android.graphics.ColorSpace;
import android.os.Build;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.After;
import org.junit.Test;
import org.robolectric.annotation.Config;
import org.robolectric.util.ReflectionHelpers;

/** The decoder of HEIC, on photos that Robolectric's can decode: it has none of HEIC. */
public class TurningDecoderTest extends PhotoTestCase {
  private static final PhotoSize BOUND = new PhotoSize(Pixels.MAX_PIXELS);
  private final int sdk = Build.VERSION.SDK_INT;

  @After
  public void android_is_what_it_was() {
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", sdk);
  }

  private static byte[] content(String part) throws Exception {
    return Decoded.of(Decoded.folder().resolve(part)).content();
  }

  @Test
  public void it_turns_photos_upright_once() throws Exception {
    for (int number = 1; number <= 8; number++) {
      Decoded expected = Decoded.of(Decoded.folder().resolve("jpeg/turned-" + number));
      assertTrue(expected.meanError(TurningDecoder.decode(expected.content(), BOUND)) <= 0.5);
    }
  }

  @Test
  public void colours_count_as_they_are_stored() throws Exception {
    Decoded expected = Decoded.of(Decoded.folder().resolve("jpeg/profile"));
    assertTrue(expected.meanError(TurningDecoder.decode(expected.content(), BOUND)) <= 0.5);
  }

  @Test
  public void android_9_turns_photos_too_and_applies_their_profile() throws Exception {
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", Build.VERSION_CODES.P);
    Decoded turned = Decoded.of(Decoded.folder().resolve("jpeg/turned-6"));
    assertTrue(turned.meanError(TurningDecoder.decode(turned.content(), BOUND)) <= 0.5);
    Decoded profile = Decoded.of(Decoded.folder().resolve("jpeg/profile"));
    double error = profile.meanError(TurningDecoder.decode(profile.content(), BOUND));
    assertTrue(String.valueOf(error), error > 0.5 && error < 64);
  }

  /** The platform lets nobody say that colours of more range are sRGB: its exception once left the library. */
  @Test
  public void colours_of_more_range_are_taken_as_their_profile_says() throws Exception {
    ColorSpace wide = ColorSpace.get(ColorSpace.Named.LINEAR_EXTENDED_SRGB);
    Bitmap bitmap = Bitmap.createBitmap(2, 1, Bitmap.Config.RGBA_F16, true, wide);
    bitmap.eraseColor(0xff204060);
    assertArrayEquals(new byte[] {0x20, 0x40, 0x60, 0x20, 0x40, 0x60}, TurningDecoder.pixels(bitmap).bytes());
    assertTrue(bitmap.isRecycled());
  }

  @Test
  public void cut_and_large_photos_are_refused() throws Exception {
    byte[] content = content("jpeg/turned-6");
    byte[] cut = Arrays.copyOf(content, content.length / 2);
    assertThrows(PhotoException.class, () -> TurningDecoder.decode(cut, BOUND));
    PhotoSize small = new PhotoSize(1000);
    assertThrows(PhotoTooLargeException.class, () -> TurningDecoder.decode(content, small));
  }

  @Test
  public void a_heic_that_the_platform_cannot_decode_is_refused() throws Exception {
    byte[] heic = Files.readAllBytes(Decoded.folder().resolve("refused/heic-without-content"));
    assertTrue(refused("heic", heic).getMessage().contains("damaged"));
  }

  @Test
  @Config(sdk = 26)
  public void before_android_9_a_heic_is_refused_with_what_to_do() throws Exception {
    byte[] heic = Files.readAllBytes(Decoded.folder().resolve("refused/heic-without-content"));
    assertEquals("photo: expected no HEIC before Android 9: save it as JPEG", refused("heic", heic).getMessage());
  }
}
