package fedexclient.photos;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Android's {@code BitmapFactory}, which leaves photos as they are stored, and shows what it has of damaged ones. */
final class PlatformDecoder {
  private static final String NOT_DECODED = "the platform's decoder does not take it";

  private PlatformDecoder() {}

  /** Width and height, from the header alone. */
  static int[] size(byte[] content) throws PhotoException {
    BitmapFactory.Options options = new BitmapFactory.Options();
    options.inJustDecodeBounds = true;
    run(content, options);
    if (options.outWidth < 1 || options.outHeight < 1) {
      throw PhotoFile.damaged(NOT_DECODED);
    }
    return new int[] {options.outWidth, options.outHeight};
  }

  /** Decodes the first of some files; the others must be the same picture. */
  static Bitmap decode(Iterable<byte[]> files, int divisor) throws PhotoException {
    Iterator<byte[]> all = files.iterator();
    Bitmap bitmap = decode(all.next(), divisor);
    while (all.hasNext()) {
      Bitmap again = decode(all.next(), divisor);
      boolean isSame = bitmap.sameAs(again);
      again.recycle();
      if (!isSame) {
        bitmap.recycle();
        throw PhotoFile.damaged("the end of its pixels is missing");
      }
    }
    return bitmap;
  }

  private static Bitmap decode(byte[] content, int divisor) throws PhotoException {
    BitmapFactory.Options options = new BitmapFactory.Options();
    options.inSampleSize = divisor;
    options.inPreferredConfig = Bitmap.Config.ARGB_8888;
    options.inPremultiplied = false;
    options.inScaled = false;
    @Nullable Bitmap bitmap = run(content, options);
    if (bitmap == null) {
      throw PhotoFile.damaged(NOT_DECODED);
    }
    return bitmap;
  }

  private static @Nullable Bitmap run(byte[] content, BitmapFactory.Options options) throws PhotoException {
    try {
      return BitmapFactory.decodeByteArray(content, 0, content.length, options);
    } catch (RuntimeException error) { // it is none of ours, and a photo must not end the app
      throw new PhotoException("photo: the platform's decoder failed", error);
    }
  }

  /** Reads what was decoded: colours as they are stored, whatever their alpha. */
  static Pixels.Rows rows(Bitmap bitmap) {
    int width = bitmap.getWidth();
    return (y, row) -> bitmap.getPixels(row, 0, width, 0, y, width, 1);
  }
}
