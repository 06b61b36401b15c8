package fedexapp.photo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.ImageDecoder;
import android.os.Build;
import fedexclient.recognise.Orientation;
import fedexclient.recognise.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.After;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;
import org.robolectric.util.ReflectionHelpers;

@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public class ShownPhotosTest {
  private final int sdk = Build.VERSION.SDK_INT;

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  @After
  public void androidIsWhatItWas() {
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", sdk);
  }

  /** Android took minutes for one look at it, each time that the app began. */
  @Test
  public void aJpegOfMoreSegmentsThanPhotosHaveIsRefusedBeforeAndroidSeesIt() throws Exception {
    ShownPhotos.check(file(withSegments(corners(1), 1_000)));
    File endless = file(withSegments(corners(1), 1_000_000));
    assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.check(endless));
    byte[] filled = new byte[1_000_000];
    Arrays.fill(filled, (byte) 0xff);
    filled[1] = (byte) 0xd8;
    assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.check(file(filled)));
  }

  private static byte[] withSegments(byte[] jpeg, int segments) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    for (int segment = 0; segment < segments; segment++) {
      out.write(new byte[] {(byte) 0xff, (byte) 0xe1, 0, 2});
    }
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  private File file(byte[] photo) throws IOException {
    return Files.write(temporary.newFile().toPath(), photo).toFile();
  }

  /** Four colours in the corners tell the eight orientations apart. */
  private static byte[] corners(int orientation) throws IOException {
    int[] colours = new int[64 * 32];
    for (int pixel = 0; pixel < colours.length; pixel++) {
      boolean right = pixel % 64 >= 32;
      boolean low = pixel / 64 >= 16;
      colours[pixel] = 0xff000000 | (right ? 0xff0000 : 0) | (low ? 0xff : 0);
    }
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    Bitmap.createBitmap(colours, 64, 32, Bitmap.Config.ARGB_8888).compress(Bitmap.CompressFormat.JPEG, 100, jpeg);
    return withExif(jpeg.toByteArray(), orientation);
  }

  private static byte[] withExif(byte[] jpeg, int orientation) throws IOException {
    byte[] exif = {(byte) 0xff, (byte) 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1,
        0x12, 0, 3, 0, 0, 0, 1, 0, (byte) orientation, 0, 0, 0, 0, 0, 0};
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.write(exif);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  /** Whether a channel is bright in the middle of each quarter: top left, top right, low left, low right. */
  private static String quarters(int width, int height, Reader reader) {
    StringBuilder text = new StringBuilder();
    for (int quarter = 0; quarter < 4; quarter++) {
      int colour = reader.at(width / 4 + quarter % 2 * width / 2, height / 4 + quarter / 2 * height / 2);
      text.append((colour >> 16 & 0xff) > 127 ? 'r' : '-').append((colour & 0xff) > 127 ? 'b' : '-');
    }
    return text.toString();
  }

  private static String turnedByTheLibrary(int orientation) throws Exception {
    byte[] rgb = new byte[64 * 32 * 3];
    for (int pixel = 0; pixel < 64 * 32; pixel++) {
      rgb[3 * pixel] = (byte) (pixel % 64 >= 32 ? 255 : 0);
      rgb[3 * pixel + 2] = (byte) (pixel / 64 >= 16 ? 255 : 0);
    }
    Pixels turned = Orientation.ofExif(orientation).turn(Pixels.ofRgb(64, 32, rgb));
    byte[] bytes = turned.bytes();
    return quarters(turned.width(), turned.height(), (x, y) -> {
      int at = 3 * (y * turned.width() + x);
      return (bytes[at] & 0xff) << 16 | bytes[at + 2] & 0xff;
    });
  }

  @Test
  public void everyOrientationStandsAsTheLibraryTurnsIt() throws Exception {
    assertStandAsTheLibraryTurnsThem(ShownPhotos::decode);
  }

  /** What decodes HEIC, on photos that Robolectric's can decode: it has none of HEIC. */
  @Test
  public void alsoWhereTheDecoderTurnsThemItself() throws Exception {
    assertStandAsTheLibraryTurnsThem(UprightDecoder::decode);
    ShownPhoto shown = UprightDecoder.decode(file(corners(6)), 16);
    assertEquals(32, shown.size().width());
    assertEquals(16, shown.bitmap().getHeight());
    File cut = file(Arrays.copyOf(corners(6), 400));
    assertThrows(UnreadablePhotoException.class, () -> UprightDecoder.decode(cut, 64));
  }

  private void assertStandAsTheLibraryTurnsThem(Decoder decoder) throws Exception {
    for (int orientation = 1; orientation <= 8; orientation++) {
      ShownPhoto shown = decoder.decode(file(corners(orientation)), 64);
      Bitmap bitmap = shown.bitmap();
      assertEquals("orientation " + orientation, turnedByTheLibrary(orientation),
          quarters(bitmap.getWidth(), bitmap.getHeight(), bitmap::getPixel));
      assertEquals(orientation > 4 ? 32 : 64, shown.size().width());
      assertEquals(shown.size().width(), bitmap.getWidth());
    }
  }

  @Test
  public void aLargePhotoIsMadeSmallAndItsBoxesStillCountInWholePixels() throws Exception {
    File scene = new File(System.getProperty("fedex.app"), "src/test/photos/scene.jpg");
    ShownPhoto shown = ShownPhotos.decode(scene, 160);
    assertEquals(160, shown.bitmap().getWidth());
    assertEquals(640, shown.size().width());
    assertTrue(shown.bitmap().getByteCount() <= 160 * 120 * 4);
  }

  @Test
  public void whatIsCutShortOrNoneIsRefused() throws Exception {
    File empty = file(new byte[0]);
    File cut = file(Arrays.copyOf(corners(1), 12));
    assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.decode(empty, 64));
    assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.decode(cut, 64));
  }

  /** What is recognised in none was once shown all the same, and refused without a reason when it was opened. */
  @Test
  public void whatAndroidShowsAndTheLibraryDoesNotTakeIsRefused() throws Exception {
    File wirelessBitmap = file(new byte[] {0, 0, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8});
    BitmapFactory.Options known = new BitmapFactory.Options();
    BitmapFactory.decodeFile(wirelessBitmap.getPath(), known);
    assertEquals("image/vnd.wap.wbmp", known.outMimeType);
    assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.check(wirelessBitmap));
    ShownPhotos.check(file(corners(1)));
  }

  @Test
  public void whatIsGoneIsToldFromWhatCannotBeShown() {
    File gone = new File(temporary.getRoot(), "gone");
    assertThrows(FileNotFoundException.class, () -> ShownPhotos.decode(gone, 64));
  }

  /** A HEIC says by its boxes how it lies, which the one decoder turns and the other does not. */
  @Test
  public void aHeicIsLeftToTheDecoderThatTurnsItOrNotShown() throws Exception {
    File heic = file("\0\0\0\u0018ftypheic\0\0\0\0mif1heic".getBytes(StandardCharsets.ISO_8859_1));
    Exception refused = assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.decode(heic, 64));
    assertTrue("by " + refused.getCause(), refused.getCause() instanceof ImageDecoder.DecodeException);
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", Build.VERSION_CODES.O_MR1);
    assertNull(assertThrows(UnreadablePhotoException.class, () -> ShownPhotos.decode(heic, 64)).getCause());
  }

  /** Decodes a file for a place. */
  private interface Decoder {
    ShownPhoto decode(File stored, int side) throws Exception;
  }

  /** Reads a pixel. */
  private interface Reader {
    int at(int x, int y);
  }
}
