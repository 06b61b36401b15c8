package fedexclient.photos;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** How the pixels of a PNG lie in its rows: once, or interlaced in seven passes (RFC 2083, section 2.6). */
final class PngLayout {
  private static final int[] CHANNELS = {1, 0, 3, 1, 2, 0, 4};
  private static final int[][] WHOLE = {{0, 0, 1, 1}};

  /** First column and row of each pass, and the steps between them. */
  private static final int[][] ADAM7 = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4},
      {1, 0, 2, 2}, {0, 1, 1, 2}};

  private final int bitsOfAPixel;
  private final List<Pass> passes = new ArrayList<>();

  /** Of a PNG whose header was checked. */
  PngLayout(ByteBuffer file) {
    int colour = file.get(25);
    this.bitsOfAPixel = file.get(24) * (colour >= 0 && colour < CHANNELS.length ? CHANNELS[colour] : 0);
    for (int[] pass : file.get(28) == 0 ? WHOLE : ADAM7) {
      long columns = steps(file.getInt(16), pass[0], pass[2]);
      long rows = steps(file.getInt(20), pass[1], pass[3]);
      if (columns > 0 && rows > 0) {
        passes.add(new Pass(rows, (columns * bitsOfAPixel + 7) / 8));
      }
    }
  }

  private static long steps(int length, int first, int step) {
    return Math.max(0, ((long) length - first + step - 1) / step);
  }

  int bitsOfAPixel() {
    return bitsOfAPixel;
  }

  /** Those that have pixels, one after another. */
  List<Pass> passes() {
    return passes;
  }

  /** Some rows of one length. */
  static final class Pass {
    private final long rows;
    private final long rowBytes;

    Pass(long rows, long rowBytes) {
      this.rows = rows;
      this.rowBytes = rowBytes;
    }

    long rows() {
      return rows;
    }

    /** Without the number of the filter, which is a byte before them. */
    long rowBytes() {
      return rowBytes;
    }
  }
}
