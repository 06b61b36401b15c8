package fedexapp.photo;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import fedexclient.recognise.ExifOrientation;
import fedexclient.recognise.Orientation;

/** Decodes photos to be shown: no larger than the place for them, and the right way up. Blocks. */
public final class PhotoDecoder {
  private PhotoDecoder() {}

  /**
   * Tells the size of a photo that stands upright; decodes nothing.
   *
   * @throws UnreadablePhotoException Android does not know it
   */
  public static PhotoSize size(byte[] stored) throws UnreadablePhotoException {
    BitmapFactory.Options options = bounds(stored);
    boolean lies = turn(ExifOrientation.of(stored)).lies;
    return lies ? new PhotoSize(options.outHeight, options.outWidth)
        : new PhotoSize(options.outWidth, options.outHeight);
  }

  private static BitmapFactory.Options bounds(byte[] stored) throws UnreadablePhotoException {
    BitmapFactory.Options options = new BitmapFactory.Options();
    options.inJustDecodeBounds = true;
    BitmapFactory.decodeByteArray(stored, 0, stored.length, options);
    if (options.outWidth <= 0 || options.outHeight <= 0) {
      throw new UnreadablePhotoException();
    }
    return options;
  }

  /**
   * Decodes a photo for a place.
   *
   * @param side of a square, in pixels, that the shown photo is about as large as
   * @throws UnreadablePhotoException Android cannot decode it
   */
  public static ShownPhoto decode(byte[] stored, int side) throws UnreadablePhotoException {
    BitmapFactory.Options options = bounds(stored);
    int longest = Math.max(options.outWidth, options.outHeight);
    options.inJustDecodeBounds = false;
    options.inSampleSize = Math.max(1, Integer.highestOneBit(longest / Math.max(side, 1)));
    Bitmap bitmap = BitmapFactory.decodeByteArray(stored, 0, stored.length, options);
    if (bitmap == null) {
      throw new UnreadablePhotoException();
    }
    return new ShownPhoto(upright(bitmap, turn(ExifOrientation.of(stored))), size(stored));
  }

  private static Bitmap upright(Bitmap stored, Turn turn) {
    if (turn == Turn.NONE) {
      return stored;
    }
    Matrix matrix = new Matrix();
    matrix.setRotate(turn.degrees);
    matrix.postScale(turn.mirrors ? -1 : 1, 1);
    return Bitmap.createBitmap(stored, 0, 0, stored.getWidth(), stored.getHeight(), matrix, true);
  }

  private static Turn turn(Orientation orientation) {
    return Turn.values()[orientation.ordinal()];
  }

  /** The eight values of EXIF, in their order: turned clockwise, then mirrored from left to right. */
  private enum Turn {
    NONE(0, false),
    MIRRORED(0, true),
    HALF(180, false),
    FLIPPED(180, true),
    TRANSPOSED(90, true),
    QUARTER(90, false),
    TRANSVERSED(270, true),
    THREE_QUARTERS(270, false);

    final int degrees;
    final boolean mirrors;
    final boolean lies;

    Turn(int degrees, boolean mirrors) {
      this.degrees = degrees;
      this.mirrors = mirrors;
      this.lies = degrees % 180 != 0;
    }
  }
}
