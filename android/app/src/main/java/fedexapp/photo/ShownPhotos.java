package fedexapp.photo;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import android.os.Build;
import fedexclient.recognise.ExifOrientation;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** Decodes photos to be shown: no larger than the place for them, and the right way up. Blocks. */
public final class ShownPhotos {
  /** Of a JPEG, whose orientation is said before its pixels; in other files it may stand behind them. */
  private static final int JPEG_START_BYTES = 4 << 20;

  /** What the library takes, as Android names it. */
  private static final Set<String> KINDS = Collections.unmodifiableSet(new HashSet<>(Arrays.asList(
      "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/x-ms-bmp", "image/heif", "image/heic")));

  private ShownPhotos() {}

  /**
   * Makes sure that Android knows a photo, and of a kind in which the library looks for faces; decodes nothing.
   *
   * @throws UnreadablePhotoException it does not, or would take for ever
   */
  static void check(File stored) throws IOException, UnreadablePhotoException {
    JpegStart.check(stored);
    if (!KINDS.contains(bounds(stored).outMimeType)) {
      throw new UnreadablePhotoException(null);
    }
  }

  private static BitmapFactory.Options bounds(File stored) throws UnreadablePhotoException {
    BitmapFactory.Options options = new BitmapFactory.Options();
    options.inJustDecodeBounds = true;
    BitmapFactory.decodeFile(stored.getPath(), options);
    if (options.outWidth <= 0 || options.outHeight <= 0) {
      throw new UnreadablePhotoException(null);
    }
    return options;
  }

  /**
   * Decodes a photo for a place; its file is not read into memory as a whole, but for a large PNG or WebP.
   *
   * @param side of a square, in pixels, that the shown photo is about as large as
   * @throws IOException its file cannot be read
   * @throws UnreadablePhotoException Android cannot decode it, or not the right way up: a HEIC before Android 9
   */
  public static ShownPhoto decode(File stored, int side) throws IOException, UnreadablePhotoException {
    if (!isHeic(stored)) {
      return decodeAndTurn(stored, side);
    }
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) {
      throw new UnreadablePhotoException(null);
    }
    return UprightDecoder.decode(stored, side);
  }

  /** Whether it is made of boxes (ISO 14496-12), which say how its pixels lie. */
  private static boolean isHeic(File stored) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(stored, "r")) {
      file.seek(4);
      return file.read() == 'f' && file.read() == 't' && file.read() == 'y' && file.read() == 'p';
    }
  }

  private static ShownPhoto decodeAndTurn(File stored, int side) throws IOException, UnreadablePhotoException {
    Turn turn = turn(stored);
    BitmapFactory.Options options = bounds(stored);
    WholeSize size = turn.lies ? new WholeSize(options.outHeight, options.outWidth)
        : new WholeSize(options.outWidth, options.outHeight);
    options.inJustDecodeBounds = false;
    options.inSampleSize = size.divisor(side);
    Bitmap bitmap = BitmapFactory.decodeFile(stored.getPath(), options);
    if (bitmap == null) {
      throw new UnreadablePhotoException(null);
    }
    return new ShownPhoto(upright(bitmap, turn), size);
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

  private static Turn turn(File stored) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(stored, "r")) {
      boolean isJpeg = file.read() == 0xff && file.read() == 0xd8;
      long most = isJpeg ? JPEG_START_BYTES : PhotoLibrary.MAX_BYTES;
      byte[] start = new byte[(int) Math.min(file.length(), most)];
      file.seek(0);
      file.readFully(start);
      return Turn.values()[ExifOrientation.of(start).ordinal()];
    }
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
