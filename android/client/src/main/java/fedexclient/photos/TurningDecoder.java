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
    try {
      return pixels(bitmap(content, bound));
    } catch (TooLarge error) {
      throw error.problem;
    } catch (IOException | RuntimeException error) { // it is none of ours, and a photo must not end the app
      throw new PhotoException("photo: the photo is damaged: the platform's decoder does not take it", error);
    }
  }

  private static Bitmap bitmap(byte[] content, PhotoSize bound) throws IOException {
    return ImageDecoder.decodeBitmap(ImageDecoder.createSource(ByteBuffer.wrap(content)), (decoder, info, source) -> {
      check(info.getSize(), bound);
      decoder.setAllocator(ImageDecoder.ALLOCATOR_SOFTWARE);
      decoder.setUnpremultipliedRequired(true);
    });
  }

  /** Takes the colours of what was decoded, as they are stored; recycles it. */
  static Pixels pixels(Bitmap bitmap) throws PhotoException {
    try {
      if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
        takeAsStored(bitmap);
      }
      return Pixels.ofRows(bitmap.getWidth(), bitmap.getHeight(), PlatformDecoder.rows(bitmap));
    } finally {
      bitmap.recycle();
    }
  }

  private static void takeAsStored(Bitmap bitmap) {
    try {
      bitmap.setColorSpace(ColorSpace.get(ColorSpace.Named.SRGB));
    } catch (IllegalArgumentException error) {
      // Of more range than sRGB, as of ten bits a channel: its profile is applied, as on Android 9.
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
