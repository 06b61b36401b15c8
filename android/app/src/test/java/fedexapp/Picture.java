package fedexapp;

import android.graphics.Bitmap;
import android.os.Handler;
import android.os.Looper;
import android.view.PixelCopy;
import android.view.View;
import android.view.Window;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;

/**
 * A screen as it is drawn.
 *
 * <p>Its colours are rounded to 32 steps a channel, which keeps the files small. It is the approved one where at most
 * one pixel in a thousand differs by more than one step in a channel: what another processor's arithmetic may do at the
 * edges of letters. A line of text that moves by a pixel is more. If it is not, NAME-actual.png and NAME-difference.png
 * lie in build/android/screens/, and -Dapprove=yes takes it as approved.
 */
final class Picture {
  private static final int STEP = 8;
  private static final double SHARE = 0.001;

  private final BufferedImage image;

  private Picture(BufferedImage image) {
    this.image = image;
  }

  /** Draws a window. */
  static Picture of(Window window) {
    View decor = window.getDecorView();
    Bitmap bitmap = Bitmap.createBitmap(decor.getWidth(), decor.getHeight(), Bitmap.Config.ARGB_8888);
    AtomicInteger result = new AtomicInteger(-1);
    PixelCopy.request(window, bitmap, result::set, new Handler(Looper.getMainLooper()));
    ScreenTestCase.await(() -> result.get() == PixelCopy.SUCCESS);
    int[] pixels = new int[bitmap.getWidth() * bitmap.getHeight()];
    bitmap.getPixels(pixels, 0, bitmap.getWidth(), 0, 0, bitmap.getWidth(), bitmap.getHeight());
    for (int index = 0; index < pixels.length; index++) {
      pixels[index] = pixels[index] & 0xf8f8f8;
    }
    BufferedImage image = new BufferedImage(bitmap.getWidth(), bitmap.getHeight(), BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, image.getWidth(), image.getHeight(), pixels, 0, image.getWidth());
    return new Picture(image);
  }

  /** Compares it with the approved one of a name. */
  boolean isApproved(String name) throws IOException {
    File approved = new File(System.getProperty("fedex.screens"), name + ".png");
    if (!System.getProperty("fedex.approve", "").isEmpty()) {
      ImageIO.write(image, "png", approved);
    }
    if (approved.exists() && looksLike(new Picture(ImageIO.read(approved)))) {
      return true;
    }
    write(name + "-actual.png", image);
    if (approved.exists()) {
      write(name + "-difference.png", difference(ImageIO.read(approved)));
    }
    return false;
  }

  /** Whether it is the same but for what is forgiven. */
  boolean looksLike(Picture other) {
    return differing(other.image) <= SHARE * image.getWidth() * image.getHeight();
  }

  private static void write(String name, BufferedImage written) throws IOException {
    File folder = new File(System.getProperty("fedex.seen"));
    folder.mkdirs();
    ImageIO.write(written, "png", new File(folder, name));
  }

  private int differing(BufferedImage other) {
    if (other.getWidth() != image.getWidth() || other.getHeight() != image.getHeight()) {
      return Integer.MAX_VALUE;
    }
    int differing = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        differing += differs(image.getRGB(x, y), other.getRGB(x, y)) ? 1 : 0;
      }
    }
    return differing;
  }

  /** Red where it differs, and pale where it does not. */
  private BufferedImage difference(BufferedImage other) {
    int width = Math.min(image.getWidth(), other.getWidth());
    int height = Math.min(image.getHeight(), other.getHeight());
    BufferedImage difference = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean differs = differs(image.getRGB(x, y), other.getRGB(x, y));
        difference.setRGB(x, y, differs ? 0xff0000 : image.getRGB(x, y) >> 2 & 0x3f3f3f | 0xc0c0c0);
      }
    }
    return difference;
  }

  private static boolean differs(int one, int other) {
    for (int shift = 0; shift <= 16; shift += 8) {
      if (Math.abs((one >> shift & 0xff) - (other >> shift & 0xff)) > STEP) {
        return true;
      }
    }
    return false;
  }
}
