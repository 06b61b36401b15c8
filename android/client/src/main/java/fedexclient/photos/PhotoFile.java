package fedexclient.photos;

import android.graphics.Bitmap;
import fedexclient.recognise.ExifOrientation;
import fedexclient.recognise.Orientation;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.util.Collections;

/**
 * What is pixels in the file of one photo, and where the way up is said. A kind of file is a subclass.
 *
 * <p>What else a file holds is left out before the platform's decoder sees it: profiles, which it would apply; what
 * stands for transparent, whose colours it would lose; texts and pictures that it would only read past. And where the
 * pixels end too soon is found out here, as that decoder gives what there is, and black.
 */
abstract class PhotoFile {
  private final byte[] content;

  /** Takes what is left of a file. */
  PhotoFile(byte[] content) {
    this.content = content;
  }

  /** Takes a file apart by its first bytes. */
  static PhotoFile open(byte[] file) throws PhotoException {
    switch (FileKind.of(file)) {
      case JPEG:
        return JpegFile.of(file);
      case PNG:
        return PngFile.of(file);
      case WEBP:
        return WebpFile.of(file);
      case GIF:
        return GifFile.of(file);
      case BMP:
        return BmpFile.of(file);
      default:
        return new HeicFile(file);
    }
  }

  /** What its sides are divided by as it is decoded. */
  int divisor(PhotoSize bound) throws PhotoException {
    int[] size = PlatformDecoder.size(content);
    return bound.divisor(size[0], size[1], canBeReduced());
  }

  /** Decodes it, upright. */
  Pixels decode(PhotoSize bound) throws PhotoException {
    int divisor = divisor(bound);
    checkPixels();
    Orientation stored = ExifOrientation.of(content);
    Bitmap bitmap = PlatformDecoder.decode(endings(), divisor);
    try {
      return Pixels.ofRows(bitmap.getWidth(), bitmap.getHeight(), stored, rows(bitmap));
    } finally {
      bitmap.recycle();
    }
  }

  /** What is decoded: files that give the same picture if its pixels are all there. */
  Iterable<byte[]> endings() throws PhotoException {
    return Collections.singletonList(content);
  }

  byte[] content() {
    return content;
  }

  /** Whether a decoder can divide its sides while it decodes. */
  boolean canBeReduced() {
    return false;
  }

  /** Refuses pixels that end too soon, as far as that can be told before they are decoded. */
  void checkPixels() throws PhotoException {}

  /** Reads the rows of what was decoded. */
  Pixels.Rows rows(Bitmap bitmap) {
    return PlatformDecoder.rows(bitmap);
  }

  static PhotoException damaged(String what) {
    return new PhotoException("photo: the photo is damaged: " + what);
  }
}
