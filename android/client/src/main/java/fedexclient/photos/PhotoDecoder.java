package fedexclient.photos;

import android.content.ContentResolver;
import android.net.Uri;
import fedexclient.contract.Sha256;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes photos: JPEG, PNG, WebP, GIF (its first picture), BMP, and HEIC from Android 9 on.
 *
 * <p>A file has at most 64 MiB. Of a photo of n pixels, which are at most what this decoder was made for, the decoder
 * holds 3 × n bytes of the app's heap and 4 × n outside of it, and of the file up to three times its bytes; a JPEG that
 * lacks its end takes twice 4 × n, a PNG of 16 bits a channel up to 8 × n of heap for a moment. Where that is not to be
 * had, the photo is refused and nothing else happens. Any thread may decode, several at a time.
 */
public final class PhotoDecoder {
  public static final int MAX_FILE_BYTES = 64 * 1024 * 1024;

  private final PhotoSize size;

  /** Decodes what the contract lets a photo be: 64 million pixels, or 256 million of a JPEG, at a part of its size. */
  public PhotoDecoder() {
    this(Pixels.MAX_PIXELS);
  }

  /**
   * Decodes photos of fewer pixels, for phones with less memory than 192 MB of heap.
   *
   * @param maxPixels 1 to 64 million. A JPEG of up to four times as many is decoded at a half, a quarter or an eighth
   *     of its sides: places in it are others than those of a device that decodes all of it
   */
  public PhotoDecoder(int maxPixels) {
    this.size = new PhotoSize(maxPixels);
  }

  /**
   * Decodes what an app was pointed to, as by a photo picker.
   *
   * @throws PhotoUnreadableException it cannot be read
   * @throws PhotoTooLargeException of more bytes or pixels than are taken, or than memory is free for
   * @throws PhotoException no photo of a kind that is taken, or damaged
   */
  public Photo decode(ContentResolver resolver, Uri uri) throws PhotoException {
    return decode(read(resolver, uri));
  }

  /** Decodes a file; what is none, as a folder or a pipe, is refused before it is opened. Throws the same. */
  public Photo decode(File file) throws PhotoException {
    return decode(read(file));
  }

  /** Decodes what a stream gives up to its end; who opened it closes it. Throws the same. */
  public Photo decode(InputStream stream) throws PhotoException {
    return decode(BoundedRead.all(stream, MAX_FILE_BYTES));
  }

  /** Decodes the bytes of a file. Throws the same. */
  public Photo decode(byte[] file) throws PhotoException {
    if (file.length > MAX_FILE_BYTES) {
      throw new PhotoTooLargeException("photo: expected at most " + MAX_FILE_BYTES + " bytes, got " + file.length);
    }
    try {
      PhotoFile opened = PhotoFile.open(file);
      return new Photo(opened.decode(size), opened.divisor(size), Sha256.of(file));
    } catch (OutOfMemoryError error) {
      throw new PhotoTooLargeException("photo: there is no memory for it", error);
    }
  }

  private static byte[] read(ContentResolver resolver, Uri uri) throws PhotoException {
    try (@Nullable InputStream stream = resolver.openInputStream(uri)) {
      if (stream == null) {
        throw new PhotoUnreadableException("photo: its provider gives no bytes");
      }
      return BoundedRead.all(stream, MAX_FILE_BYTES);
    } catch (IOException | RuntimeException error) { // providers are other apps, and throw what they like
      throw new PhotoUnreadableException("photo: cannot be read: " + error.getClass().getSimpleName(), error);
    }
  }

  private static byte[] read(File file) throws PhotoException {
    if (!file.isFile()) {
      throw new PhotoUnreadableException("photo: expected a file, got " + (file.exists() ? "something else" : "none"));
    }
    if (file.length() > MAX_FILE_BYTES) {
      throw new PhotoTooLargeException("photo: expected at most " + MAX_FILE_BYTES + " bytes, got " + file.length());
    }
    try (InputStream stream = new FileInputStream(file)) {
      return BoundedRead.all(stream, MAX_FILE_BYTES);
    } catch (IOException | SecurityException error) {
      throw new PhotoUnreadableException("photo: cannot be read: " + error.getClass().getSimpleName(), error);
    }
  }
}
