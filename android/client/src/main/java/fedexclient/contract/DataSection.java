package fedexclient.contract;

import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** The data section of an upload as it is stored: one zlib stream (RFC 1950) where that is shorter. */
final class DataSection {
  private static final String WHERE = "data section";

  /** Deflate makes nothing smaller than by this factor, so no more room is needed than this many times the input. */
  private static final long MOST_INFLATED = 1_032;

  private DataSection() {}

  /** Deflates a section, or returns it as it is where that is no shorter. */
  static byte[] store(byte[] section) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try {
      deflater.setInput(section);
      deflater.finish();
      ByteArrayOutputStream deflated = new ByteArrayOutputStream();
      byte[] buffer = new byte[8 << 10];
      while (!deflater.finished()) {
        deflated.write(buffer, 0, deflater.deflate(buffer));
      }
      return deflated.size() < section.length ? deflated.toByteArray() : section;
    } finally {
      deflater.end();
    }
  }

  /**
   * Inflates the end of some data to exactly so many bytes, in no more memory than that.
   *
   * @throws MalformedException not one whole zlib stream of that size, with nothing after it
   */
  static byte[] inflate(byte[] data, int start, int size) throws MalformedException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(data, start, data.length - start);
      return inflate(inflater, size, data.length - start);
    } catch (DataFormatException error) {
      throw new MalformedException(WHERE, "a zlib stream", Shown.of(error.getMessage()));
    } finally {
      inflater.end();
    }
  }

  private static byte[] inflate(Inflater inflater, int size, int stored)
      throws DataFormatException, MalformedException {
    byte[] section = new byte[(int) Math.min(size + 1L, MOST_INFLATED * stored + 64)];
    int length = 0;
    while (!inflater.finished() && length < section.length) {
      int more = inflater.inflate(section, length, section.length - length);
      length += more;
      if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
        break;
      }
    }
    check(inflater, length, size);
    return section;
  }

  private static void check(Inflater inflater, int length, int size) throws MalformedException {
    String expected = size + " bytes inflated, as size says";
    if (length > size) {
      throw new MalformedException(WHERE, expected, "more");
    }
    if (!inflater.finished()) {
      throw new MalformedException(WHERE, "a whole zlib stream", length + " bytes, and no end");
    }
    if (inflater.getRemaining() > 0) {
      throw new MalformedException(WHERE, "nothing after the zlib stream", inflater.getRemaining() + " bytes");
    }
    if (length < size) {
      throw new MalformedException(WHERE, expected, length + " bytes");
    }
  }
}
