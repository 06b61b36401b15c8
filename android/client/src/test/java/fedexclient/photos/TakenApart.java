package fedexclient.photos;

import fedexclient.recognise.ExifOrientation;
import fedexclient.recognise.PhotoException;
import java.nio.ByteBuffer;
import java.util.Iterator;

/** What Java does to a photo's file before and after the platform's decoder looks at its header. */
public final class TakenApart {
  private static final int MAX_SIDE = 2_000;

  private TakenApart() {}

  /** Takes a file apart, as far as one whose header no decoder takes comes. */
  public static void file(byte[] data) {
    ExifOrientation.of(data);
    try {
      PhotoFile file = PhotoFile.open(data);
      ExifOrientation.of(file.content());
      if (!(file instanceof PngFile) || isHeaderTaken(file.content())) {
        file.checkPixels();
        Iterator<byte[]> endings = file.endings().iterator();
        if (endings.hasNext()) {
          endings.next();
        }
      }
    } catch (PhotoException expected) {
      // typed: what a caller is ready for
    }
  }

  /** A decoder takes no other header, and the bound on pixels none that is larger. */
  private static boolean isHeaderTaken(byte[] png) {
    if (png.length < 33 || ByteBuffer.wrap(png).getInt(12) != 0x49484452 || ByteBuffer.wrap(png).getInt(8) != 13) {
      return false;
    }
    int width = ByteBuffer.wrap(png).getInt(16);
    int height = ByteBuffer.wrap(png).getInt(20);
    boolean isSmall = width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
    return isSmall && areTaken(png[24], png[25]) && png[26] == 0 && png[27] == 0 && (png[28] & 255) <= 1;
  }

  /** RFC 2083, section 4.1.1. */
  private static boolean areTaken(int depth, int colour) {
    boolean isWhole = depth == 8 || depth == 16;
    boolean isPart = depth == 1 || depth == 2 || depth == 4;
    return colour == 0 && (isWhole || isPart) || colour == 3 && (depth == 8 || isPart)
        || (colour == 2 || colour == 4 || colour == 6) && isWhole;
  }
}
