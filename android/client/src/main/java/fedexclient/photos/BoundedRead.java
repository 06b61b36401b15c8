package fedexclient.photos;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Reads a stream up to its end, which must come soon enough. */
final class BoundedRead {
  private static final int FIRST_BYTES = 1 << 16;

  private BoundedRead() {}

  /** All bytes; no more than twice as many are held, nor more than the bound and one. */
  static byte[] all(InputStream stream, int maxBytes) throws PhotoUnreadableException, PhotoTooLargeException {
    try {
      return read(stream, maxBytes);
    } catch (IOException error) {
      throw new PhotoUnreadableException("photo: cannot be read: " + error.getClass().getSimpleName(), error);
    } catch (OutOfMemoryError error) {
      throw new PhotoTooLargeException("photo: there is no memory for its file", error);
    }
  }

  private static byte[] read(InputStream stream, int maxBytes) throws IOException, PhotoTooLargeException {
    byte[] held = new byte[Math.min(FIRST_BYTES, maxBytes + 1)];
    int length = 0;
    int read;
    while ((read = stream.read(held, length, held.length - length)) >= 0) {
      length += read;
      if (length > maxBytes) {
        throw new PhotoTooLargeException("photo: expected at most " + maxBytes + " bytes, got more");
      }
      if (length == held.length) {
        held = Arrays.copyOf(held, (int) Math.min(2L * length, maxBytes + 1L));
      }
    }
    return Arrays.copyOf(held, length);
  }
}
