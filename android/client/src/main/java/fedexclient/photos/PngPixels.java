package fedexclient.photos;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.InflaterInputStream;

/** The zlib stream of a PNG, which lies in its chunks IDAT, one after another; they are whole. */
final class PngPixels extends InputStream {
  private static final int FIRST_CHUNK = 8;
  private static final int IDAT = 0x49444154;

  private final ByteBuffer file;
  private int at = FIRST_CHUNK;
  private int chunk = FIRST_CHUNK;
  private int left;

  private PngPixels(ByteBuffer file) {
    this.file = file;
  }

  /** Its rows, each after the number of its filter. */
  static InputStream inflated(ByteBuffer file) {
    return new InflaterInputStream(new PngPixels(file));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int start, int length) throws IOException {
    while (left == 0) {
      if (chunk >= file.limit()) {
        return -1;
      }
      left = file.getInt(chunk + 4) == IDAT ? file.getInt(chunk) : 0;
      at = chunk + 8;
      chunk += 12 + file.getInt(chunk);
    }
    int read = Math.min(left, length);
    System.arraycopy(file.array(), at, bytes, start, read);
    at += read;
    left -= read;
    return read;
  }
}
