package fedexclient.photos;

import android.graphics.Bitmap;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The first picture of a GIF, none of whose colours stands for transparent.
 *
 * <pre>
 * "GIF89a", width, height (16 bits, little-endian), flags, 2 bytes, palette
 * blocks: 21, label, pieces; or 2C, left, top, width, height, flags, palette, bits of a code, pieces
 * pieces: length of a byte, data; ... 0
 * </pre>
 *
 * <p>So what the decoder gives as transparent is where the picture does not reach: there is the colour that stood for
 * transparent, or the first one.
 */
final class GifFile extends PhotoFile {
  private static final int HEADER_BYTES = 13;
  private static final int EXTENSION = 0x21;
  private static final int CONTROL = 0xf9;
  private static final int PICTURE = 0x2c;
  private static final int HAS_PALETTE = 0x80;
  private static final int IS_TRANSPARENT = 1;
  private static final int OPAQUE = 0xff000000;

  private final int background;
  private final GifCodes codes;
  private final long pixels;

  private GifFile(byte[] content, int background, GifCodes codes, long pixels) {
    super(content);
    this.background = background;
    this.codes = codes;
    this.pixels = pixels;
  }

  static GifFile of(byte[] file) throws PhotoException {
    try {
      return read(file);
    } catch (IndexOutOfBoundsException error) {
      throw damaged("there is no picture in it");
    }
  }

  private static GifFile read(byte[] file) throws PhotoException {
    int at = HEADER_BYTES + paletteBytes(file[10]);
    int palette = HEADER_BYTES;
    int transparent = 0;
    while ((file[at] & 0xff) != PICTURE) {
      if ((file[at] & 0xff) != EXTENSION) {
        throw new IndexOutOfBoundsException("block");
      }
      if ((file[at + 1] & 0xff) == CONTROL && (file[at + 3] & IS_TRANSPARENT) != 0) {
        transparent = file[at + 6] & 0xff;
      }
      at = behindPieces(file, at + 2);
    }
    int ownPalette = paletteBytes(file[at + 9]);
    palette = ownPalette > 0 ? at + 10 : palette;
    int pieces = at + 11 + ownPalette;
    GifCodes codes = new GifCodes(file, file[pieces - 1], pieces);
    long pixels = (long) number(file, at + 5) * number(file, at + 7);
    return new GifFile(picture(file, at, pieces), colour(file, palette + 3 * transparent), codes, pixels);
  }

  private static int paletteBytes(byte flags) {
    return (flags & HAS_PALETTE) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  private static int number(byte[] file, int at) {
    return file[at] & 0xff | (file[at + 1] & 0xff) << 8;
  }

  private static int colour(byte[] file, int at) {
    return (file[at] & 0xff) << 16 | (file[at + 1] & 0xff) << 8 | file[at + 2] & 0xff;
  }

  private static int behindPieces(byte[] file, int start) {
    int at = start;
    while (file[at] != 0) {
      at += 1 + (file[at] & 0xff);
    }
    return at + 1;
  }

  /** The file of its first picture alone; of pieces that were cut off, what is there. */
  private static byte[] picture(byte[] file, int start, int pieces) {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    int header = HEADER_BYTES + paletteBytes(file[10]);
    kept.write(file, 0, header);
    kept.write(file, start, pieces - start);
    int at = pieces;
    while (at < file.length && file[at] != 0) {
      int length = Math.min(file[at] & 0xff, file.length - at - 1);
      kept.write(length);
      kept.write(file, at + 1, length);
      at += 1 + length;
    }
    kept.write(0);
    kept.write(';');
    return kept.toByteArray();
  }

  @Override
  void checkPixels() throws PhotoException {
    codes.check(pixels);
  }

  @Override
  Pixels.Rows rows(Bitmap bitmap) {
    Pixels.Rows stored = super.rows(bitmap);
    return (y, colours) -> {
      stored.read(y, colours);
      Arrays.setAll(colours, x -> (colours[x] & OPAQUE) == 0 ? background : colours[x]);
    };
  }
}
