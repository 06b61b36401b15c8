package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A BMP; one that is not compressed must be as long as its pixels.
 *
 * <pre>
 * "BM", 8 bytes, where the pixels begin; then length of the header, width, height, planes, bits of a pixel, compression
 * </pre>
 */
final class BmpFile extends PhotoFile {
  private static final int HEADER_BYTES = 34;
  private static final int OLD_HEADER = 12;
  private static final int RUNS = 2;

  private BmpFile(byte[] content) {
    super(content);
  }

  static BmpFile of(byte[] file) throws PhotoException {
    if (file.length < HEADER_BYTES) {
      throw damaged("its header is missing");
    }
    return new BmpFile(file);
  }

  @Override
  void checkPixels() throws PhotoException {
    ByteBuffer data = ByteBuffer.wrap(content()).order(ByteOrder.LITTLE_ENDIAN);
    boolean isOld = data.getInt(14) == OLD_HEADER;
    long width = isOld ? data.getShort(18) & 0xffff : data.getInt(18);
    long height = isOld ? data.getShort(20) & 0xffff : Math.abs((long) data.getInt(22));
    int bits = data.getShort(isOld ? 24 : 28) & 0xffff;
    boolean isOfRuns = !isOld && data.getInt(30) > 0 && data.getInt(30) <= RUNS;
    long start = data.getInt(10) & 0xffffffffL;
    if (!isOfRuns && start + (width * bits + 31) / 32 * 4 * height > data.limit()) {
      throw damaged("the end of its pixels is missing");
    }
  }
}
