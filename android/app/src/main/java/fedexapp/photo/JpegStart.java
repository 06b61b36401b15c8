package fedexapp.photo;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;

/** What stands before the pixels of a JPEG, segment by segment (ITU-T T.81, annex B): nothing of it is decoded. */
final class JpegStart {
  /** More than an Exif, a colour profile and a preview of 64 MiB are cut into. */
  private static final int MAX_SEGMENTS = 4_096;

  private static final int SCAN = 0xda;

  private JpegStart() {}

  /**
   * Makes sure that Android gets through it: its decoder took half a minute over 100,000 segments of no bytes, and ten
   * minutes were not enough for five million.
   *
   * @throws UnreadablePhotoException it has more segments than photos have
   */
  static void check(File stored) throws IOException, UnreadablePhotoException {
    try (RandomAccessFile file = new RandomAccessFile(stored, "r")) {
      if (file.read() != 0xff || file.read() != 0xd8) {
        return;
      }
      for (int segment = 0; segment <= MAX_SEGMENTS; segment++) {
        if (file.read() != 0xff) {
          return; // damaged, or at its end: whoever decodes it says what it is
        }
        int marker = file.read();
        if (marker < 0 || marker == SCAN) {
          return;
        }
        long behind = file.getFilePointer();
        file.seek(marker == 0xff ? behind - 1 : behind + length(file)); // an ff may be repeated
      }
    }
    throw new UnreadablePhotoException(null);
  }

  /** Of a segment behind its marker: the two bytes of the length are among it. */
  private static int length(RandomAccessFile file) throws IOException {
    int high = file.read();
    int low = file.read();
    return Math.max(2, high << 8 | low);
  }
}
