package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Makes of a PNG of 16 bits a channel the one of their upper 8, which count: decoders round, each in its own way.
 *
 * <p>Takes up to a byte of heap more for each channel of each pixel, and twice that for a moment.
 */
final class PngOfEightBits implements PngRows.Taker {
  private final OutputStream pixels;
  private final int step;
  private byte[] above = new byte[0];

  private PngOfEightBits(OutputStream pixels, int step) {
    this.pixels = pixels;
    this.step = step;
  }

  /** Its rows as a zlib stream, unfiltered. */
  static byte[] pixels(ByteBuffer file) throws PhotoException {
    ByteArrayOutputStream held = new ByteArrayOutputStream();
    Deflater fast = new Deflater(Deflater.BEST_SPEED);
    try (OutputStream pixels = new DeflaterOutputStream(held, fast)) {
      new PngRows(file).read(new PngOfEightBits(pixels, new PngLayout(file).bitsOfAPixel() / 8));
    } catch (IOException error) {
      throw new IllegalStateException(error); // it is all in memory
    } finally {
      fast.end();
    }
    return held.toByteArray();
  }

  @Override
  public void take(int filter, byte[] row, boolean isFirst) throws IOException {
    if (isFirst) {
      above = new byte[row.length];
    }
    unfilter(filter, row);
    byte[] upper = new byte[1 + row.length / 2];
    for (int at = 0; at < row.length; at += 2) {
      upper[1 + at / 2] = row[at];
    }
    pixels.write(upper);
    System.arraycopy(row, 0, above, 0, row.length);
  }

  private void unfilter(int filter, byte[] row) {
    for (int at = 0; at < row.length; at++) {
      int left = at < step ? 0 : row[at - step] & 0xff;
      int corner = at < step ? 0 : above[at - step] & 0xff;
      row[at] += (byte) predicted(filter, left, above[at] & 0xff, corner);
    }
  }

  private static int predicted(int filter, int left, int up, int corner) {
    switch (filter) {
      case 1:
        return left;
      case 2:
        return up;
      case 3:
        return (left + up) / 2;
      case 4:
        return nearest(left, up, corner);
      default:
        return 0;
    }
  }

  /** Of the three the one nearest to left + up - corner (RFC 2083, section 6.6). */
  private static int nearest(int left, int up, int corner) {
    int toLeft = Math.abs(up - corner);
    int toUp = Math.abs(left - corner);
    int toCorner = Math.abs(left + up - 2 * corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }
}
