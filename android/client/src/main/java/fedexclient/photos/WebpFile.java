package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A WebP without its profile and without what tells of it, but for whole EXIF; its header says so.
 *
 * <pre>
 * "RIFF", length, "WEBP", then chunks: name, length of 32 bits, little-endian, data, even. VP8X begins with flags
 * </pre>
 */
final class WebpFile extends PhotoFile {
  private static final int START_BYTES = 12;
  private static final List<String> NO_PIXELS = Arrays.asList("ICCP", "EXIF", "XMP ");
  private static final String EXIF = "EXIF";
  private static final int PROFILE_AND_XMP = 0x20 | 0x04;
  private static final int EXIF_FLAG = 0x08;

  private WebpFile(byte[] content) {
    super(content);
  }

  static WebpFile of(byte[] file) throws PhotoException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, START_BYTES);
    ByteBuffer data = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int missing = PROFILE_AND_XMP | EXIF_FLAG;
    for (long at = START_BYTES; at + 8 <= file.length;) {
      String name = new String(file, (int) at, 4, StandardCharsets.ISO_8859_1);
      long length = data.getInt((int) at + 4) & 0xffffffffL;
      boolean isWhole = at + 8 + length <= file.length;
      if (!NO_PIXELS.contains(name) || (name.equals(EXIF) && isWhole)) {
        checkWhole(isWhole);
        kept.write(file, (int) at, 8 + (int) length);
        kept.write(new byte[(int) (length & 1)], 0, (int) (length & 1));
        missing &= name.equals(EXIF) ? PROFILE_AND_XMP : ~0;
      }
      at += 8 + length + (length & 1);
    }
    return new WebpFile(headed(kept.toByteArray(), missing));
  }

  private static void checkWhole(boolean isWhole) throws PhotoException {
    if (!isWhole) {
      throw damaged("the end of its pixels is missing");
    }
  }

  private static byte[] headed(byte[] content, int missing) {
    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(4, content.length - 8);
    if (content.length > 20 && new String(content, 12, 4, StandardCharsets.ISO_8859_1).equals("VP8X")) {
      content[20] &= (byte) ~missing;
    }
    return content;
  }
}
