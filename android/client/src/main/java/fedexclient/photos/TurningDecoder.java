package fedexclient.photos;

import android.graphics.Bitmap;
import android.graphics.ColorSpace;
import android.graphics.ImageDecoder;
import android.os.Build;
import android.util.Size;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Android's {@code ImageDecoder}, which turns photos upright, and refuses damaged ones. */
@NeedsAndroid(Build.VERSION_CODES.P)
final class TurningDecoder {
  private TurningDecoder() {}

  /** Decodes a photo that has few enough pixels; Android 9 applies its profile. */
  static Pixels decode(byte[] content, PhotoSize bound) throws PhotoException {
    Bitmap bitmap = bitmap(content, bound);
    try {
      if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
        bitmap.setColorSpace(ColorSpace.get(ColorSpace.Named.SRGB)); // colours count as they are stored
      }
      return Pixels.ofRows(bitmap.getWidth(), bitmap.getHeight(), PlatformDecoder.rows(bitmap));
    } finally {
      bitmap.recycle();
    }
  }

  private static Bitmap bitmap(byte[] content, PhotoSize bound) throws PhotoException {
    try {
      return ImageDecoder.decodeBitmap(ImageDecoder.createSource(ByteBuffer.wrap(content)), (decoder, info, source) -> {
        check(info.getSize(), bound);
        decoder.setAllocator(ImageDecoder.ALLOCATOR_SOFTWARE);
        decoder.setUnpremultipliedRequired(true);
      });
    } catch (TooLarge error) {
      throw error.problem;
    } catch (IOException | RuntimeException error) {
      throw new PhotoException("photo: the photo is damaged: the platform's decoder does not take it", error);
    }
  }

  private static void check(Size size, PhotoSize bound) {
    try {
      bound.divisor(size.getWidth(), size.getHeight(), false);
    } catch (PhotoTooLargeException error) {
      throw new TooLarge(error);
    }
  }

  /** Carries the error out of a listener. */
  private static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final PhotoTooLargeException problem;

    TooLarge(PhotoTooLargeException problem) {
      super(problem);
      this.problem = problem;
    }
  }
}
