package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The rows of a PNG, as they are stored: filtered (RFC 2083, section 6).
 *
 * <p>Reading them all tells whether they are there: a decoder may leave those black that their zlib stream ends before.
 */
final class PngRows {
  private static final int LAST_FILTER = 4;

  private final ByteBuffer file;

  /** Of a PNG whose chunks are whole, and which has a header that a decoder took. */
  PngRows(ByteBuffer file) {
    this.file = file;
  }

  /** Reads them all; a row is gone when the next one is read. */
  void read(Taker taker) throws PhotoException {
    try (InputStream pixels = PngPixels.inflated(file)) {
      for (PngLayout.Pass pass : new PngLayout(file).passes()) {
        byte[] row = new byte[(int) pass.rowBytes()];
        for (long y = 0; y < pass.rows(); y++) {
          int filter = pixels.read();
          fill(row, pixels);
          taker.take(checked(filter), row, y == 0);
        }
      }
    } catch (EOFException error) {
      throw PhotoFile.damaged("the end of its pixels is missing");
    } catch (IOException error) {
      throw PhotoFile.damaged("its pixels do not inflate");
    }
  }

  private static void fill(byte[] row, InputStream pixels) throws IOException {
    int read;
    for (int at = 0; at < row.length; at += read) {
      read = pixels.read(row, at, row.length - at);
      if (read < 0) {
        throw new EOFException();
      }
    }
  }

  private static int checked(int filter) throws PhotoException {
    if (filter > LAST_FILTER) {
      throw PhotoFile.damaged("a row of no known filter");
    }
    return filter;
  }

  /** Who wants them. */
  interface Taker {
    /** Takes a row and the number of its filter; nothing is above the first row of a pass. */
    void take(int filter, byte[] row, boolean isFirst) throws IOException;
  }
}
