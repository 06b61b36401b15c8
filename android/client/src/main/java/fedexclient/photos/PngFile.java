package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A PNG: IHDR, PLTE where its pixels need it, IDAT; and eXIf.
 *
 * <pre>
 * signature, then chunks: length of 32 bits, big-endian, name, data, checksum of name and data
 * </pre>
 *
 * <p>Of pixels that are cut off, what is there is kept, for {@link PngRows} to judge; an end that is missing is added.
 */
final class PngFile extends PhotoFile {
  private static final int SIGNATURE_BYTES = 8;
  private static final int HEADER_BYTES = 13;
  private static final int HEADER_AT = 16;
  private static final int DEPTH_AT = 24;
  private static final int COLOUR_AT = 9;
  private static final List<String> PIXELS = Arrays.asList("IHDR", "PLTE", "IDAT");

  private PngFile(byte[] content) {
    super(content);
  }

  static PngFile of(byte[] file) throws PhotoException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, SIGNATURE_BYTES);
    ByteBuffer data = ByteBuffer.wrap(file);
    boolean hasColours = false;
    for (long at = SIGNATURE_BYTES; at + 12 <= file.length;) {
      long length = data.getInt((int) at) & 0xffffffffL;
      String name = new String(file, (int) at + 4, 4, StandardCharsets.ISO_8859_1);
      int there = (int) Math.min(length, file.length - at - 8);
      boolean isWhole = isWhole(data, (int) at, length);
      if (name.equals("IHDR")) {
        hasColours = there == HEADER_BYTES && isColour(file[(int) at + 8 + COLOUR_AT]);
      }
      if (name.equals("IEND")) {
        break;
      }
      if (isKept(name, isWhole, hasColours)) {
        boolean isCut = at + 12 + length > file.length;
        checkWhole(name, isWhole, isCut);
        put(kept, name, file, (int) at + 8, there);
      }
      at += 12 + length;
    }
    put(kept, "IEND", file, 0, 0);
    return new PngFile(kept.toByteArray());
  }

  /** Red, green and blue: a palette would only suggest colours. */
  private static boolean isColour(byte type) {
    return type == 2 || type == 6;
  }

  private static boolean isWhole(ByteBuffer data, int at, long length) {
    return at + 12 + length <= data.limit()
        && data.getInt((int) (at + 8 + length)) == checksum(data.array(), at + 4, 4 + (int) length);
  }

  private static boolean isKept(String name, boolean isWhole, boolean hasColours) {
    if (name.equals("eXIf")) {
      return isWhole;
    }
    return PIXELS.contains(name) && !(hasColours && name.equals("PLTE"));
  }

  private static void checkWhole(String name, boolean isWhole, boolean isCut) throws PhotoException {
    if (!isWhole && !(isCut && name.equals("IDAT"))) {
      throw damaged("a wrong checksum in " + name);
    }
  }

  private static int checksum(byte[] bytes, int start, int length) {
    CRC32 checksum = new CRC32();
    checksum.update(bytes, start, length);
    return (int) checksum.getValue();
  }

  private static void put(ByteArrayOutputStream kept, String name, byte[] file, int start, int length) {
    byte[] title = name.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 checksum = new CRC32();
    checksum.update(title);
    checksum.update(file, start, length);
    kept.write(ByteBuffer.allocate(4).putInt(length).array(), 0, 4);
    kept.write(title, 0, 4);
    kept.write(file, start, length);
    kept.write(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array(), 0, 4);
  }

  @Override
  void checkPixels() throws PhotoException {
    if (!hasSixteenBits()) {
      new PngRows(ByteBuffer.wrap(content())).read((filter, row, isFirst) -> {});
    }
  }

  private boolean hasSixteenBits() {
    return content()[DEPTH_AT] == 16;
  }

  @Override
  Iterable<byte[]> endings() throws PhotoException {
    return Collections.singletonList(hasSixteenBits() ? ofEightBits() : content());
  }

  private byte[] ofEightBits() throws PhotoException {
    byte[] pixels = PngOfEightBits.pixels(ByteBuffer.wrap(content()));
    ByteArrayOutputStream made = new ByteArrayOutputStream(pixels.length + 64);
    byte[] header = Arrays.copyOfRange(content(), HEADER_AT, HEADER_AT + HEADER_BYTES);
    header[DEPTH_AT - HEADER_AT] = 8;
    made.write(content(), 0, SIGNATURE_BYTES);
    put(made, "IHDR", header, 0, HEADER_BYTES);
    put(made, "IDAT", pixels, 0, pixels.length);
    put(made, "IEND", pixels, 0, 0);
    return made.toByteArray();
  }
}
