package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A JPEG without comments and without what applications have written, as far as no pixel depends on it.
 *
 * <pre>
 * SOI, then segments: FF, marker, length of 16 bits, big-endian, content; scans after their SOS; EOI
 * </pre>
 *
 * <p>Of applications' segments only whole JFIF, Exif and Adobe are kept. Without the EOI the last scan may be cut:
 * files with different bits behind it are the same picture only if it is not.
 */
final class JpegFile extends PhotoFile {
  private static final int COMMENT = 0xfe;
  private static final int SCAN = 0xda;
  private static final List<byte[]> FILLINGS =
      Arrays.asList(new byte[0], filling(0x55, 0), filling(0xaa, 0), filling(1, 1));

  private final JpegScans scans;

  private JpegFile(byte[] content) throws PhotoException {
    super(content);
    this.scans = JpegScans.of(content);
  }

  /** Bytes that are no markers: the same ones, or those that follow on one another. */
  private static byte[] filling(int first, int step) {
    byte[] filling = new byte[1016];
    for (int at = 0; at < filling.length; at++) {
      filling[at] = (byte) (first + step * (at % 254));
    }
    return filling;
  }

  static JpegFile of(byte[] file) throws PhotoException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, 2);
    int at = 2;
    while (at + 4 <= file.length && file[at] == (byte) 0xff && (file[at + 1] & 0xff) != SCAN) {
      if (file[at + 1] == (byte) 0xff) { // filling
        at++;
        continue;
      }
      int end = Math.min(file.length, at + 2 + ((file[at + 2] & 0xff) << 8 | file[at + 3] & 0xff));
      if (isOfUse(file, at, end)) {
        kept.write(file, at, end - at);
      }
      at = end;
    }
    kept.write(file, at, file.length - at);
    return new JpegFile(kept.toByteArray());
  }

  private static boolean isOfUse(byte[] file, int at, int end) {
    switch (file[at + 1] & 0xff) {
      case 0xe0:
        return begins(file, at + 4, end, "JFIF\0", 14);
      case 0xe1:
        return begins(file, at + 4, end, "Exif\0\0", 14);
      case 0xee:
        return begins(file, at + 4, end, "Adobe", 12);
      default:
        return (file[at + 1] & 0xff) != COMMENT && (file[at + 1] & 0xf0) != 0xe0;
    }
  }

  private static boolean begins(byte[] file, int start, int end, String name, int leastBytes) {
    return end - start >= leastBytes
        && new String(file, start, name.length(), StandardCharsets.ISO_8859_1).equals(name);
  }

  @Override
  boolean canBeReduced() {
    return !scans.isProgressive();
  }

  @Override
  void checkPixels() throws PhotoException {
    if (!scans.hasEnd() && !scans.lackOnlyTheEnd()) {
      throw damaged("the end of its pixels is missing");
    }
  }

  @Override
  Iterable<byte[]> endings() {
    if (scans.hasEnd()) {
      return Collections.singletonList(content());
    }
    return FILLINGS.stream().map(this::ended)::iterator;
  }

  private byte[] ended(byte[] filling) {
    byte[] content = content();
    int length = content[content.length - 1] == (byte) 0xff ? content.length - 1 : content.length;
    byte[] ended = Arrays.copyOf(content, length + filling.length + 2);
    System.arraycopy(filling, 0, ended, length, filling.length);
    ended[ended.length - 2] = (byte) 0xff;
    ended[ended.length - 1] = (byte) 0xd9;
    return ended;
  }
}
