package fedexapp.photo;

import android.graphics.Bitmap;
import android.graphics.ImageDecoder;
import android.os.Build;
import android.util.Size;
import fedexclient.photos.NeedsAndroid;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;

/** Android's {@code ImageDecoder}, which turns photos upright by itself. */
@NeedsAndroid(Build.VERSION_CODES.P)
final class UprightDecoder {
  private UprightDecoder() {}

  /** Decodes a photo, as {@link ShownPhotos#decode} does: faces are found in it as it stands then. */
  static ShownPhoto decode(File stored, int side) throws IOException, UnreadablePhotoException {
    WholeSize[] whole = new WholeSize[1];
    try {
      Bitmap bitmap = ImageDecoder.decodeBitmap(ImageDecoder.createSource(stored), (decoder, info, source) -> {
        Size size = info.getSize();
        whole[0] = new WholeSize(size.getWidth(), size.getHeight());
        decoder.setAllocator(ImageDecoder.ALLOCATOR_SOFTWARE);
        decoder.setTargetSampleSize(whole[0].divisor(side));
      });
      return new ShownPhoto(bitmap, whole[0]);
    } catch (FileNotFoundException error) {
      throw error;
    } catch (IOException | RuntimeException error) {
      throw new UnreadablePhotoException(error);
    }
  }
}
