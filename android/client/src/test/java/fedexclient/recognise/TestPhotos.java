package fedexclient.recognise;

import fedexclient.contract.Golden;
import java.util.List;

/** Photos that tests are about: of golden files, or drawn by integers alone, as section 2 of the contract says. */
final class TestPhotos {
  private static final int[] HAIR = {60, 40, 30};
  private static final int[] SKIN = {222, 180, 150};
  private static final int[] WHITE = {245, 245, 245};
  private static final int[] PUPIL = {40, 30, 30};
  private static final int[] NOSE = {196, 150, 122};
  private static final int[] MOUTH = {160, 70, 70};

  private TestPhotos() {}

  /** A photo whose width, height and pixels are given. */
  static Pixels of(Golden.Vector photo) throws PhotoException {
    return Pixels.ofRgb((int) photo.integer("width"), (int) photo.integer("height"), photo.hex("pixels"));
  }

  /** A photo whose width, height and faces (x, y, scale) are given. */
  static Pixels drawn(Golden.Vector photo) throws PhotoException {
    int width = (int) photo.integer("width");
    int height = (int) photo.integer("height");
    int[][] rows = background(width, height);
    for (Object face : photo.list("faces")) {
      List<?> numbers = (List<?>) face;
      drawFace(rows, integer(numbers, 0), integer(numbers, 1), integer(numbers, 2));
    }
    return Pixels.ofRows(width, height, (y, row) -> System.arraycopy(rows[y], 0, row, 0, width));
  }

  private static int integer(List<?> numbers, int index) {
    return ((Long) numbers.get(index)).intValue();
  }

  private static int[][] background(int width, int height) {
    int[][] rows = new int[height][width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        rows[y][x] = packed(90 + 40 * x / width, 110 + 30 * y / height, 130);
      }
    }
    return rows;
  }

  private static int packed(int... colour) {
    return colour[0] << 16 | colour[1] << 8 | colour[2];
  }

  private static void drawFace(int[][] rows, int x, int y, int scale) {
    Face face = new Face(rows, x, y, scale);
    face.ellipse(0, -10, 58, 76, HAIR);
    face.ellipse(0, 0, 48, 64, SKIN);
    for (int side = -1; side <= 1; side += 2) {
      face.ellipse(20 * side, -16, 11, 6, WHITE);
      face.ellipse(20 * side, -16, 5, 5, PUPIL);
      face.ellipse(20 * side, -29, 13, 3, HAIR);
    }
    face.ellipse(0, 7, 6, 12, NOSE);
    face.ellipse(0, 33, 20, 6, MOUTH);
  }

  private static final class Face {
    final int[][] rows;
    final int x;
    final int y;
    final int scale;

    Face(int[][] rows, int x, int y, int scale) {
      this.rows = rows;
      this.x = x;
      this.y = y;
      this.scale = scale;
    }

    long units(int sixteenths) {
      return Math.floorDiv(sixteenths * scale, 16);
    }

    void ellipse(int right, int down, int wide, int high, int[] colour) {
      long across = units(wide);
      long upright = units(high);
      for (int row = 0; row < rows.length; row++) {
        for (int column = 0; column < rows[row].length; column++) {
          long dx = (column - x - units(right)) * upright;
          long dy = (row - y - units(down)) * across;
          if (dx * dx + dy * dy <= across * across * upright * upright) {
            rows[row][column] = packed(colour);
          }
        }
      }
    }
  }

  /** By how much the bytes differ that differ most. */
  static int farthest(byte[] one, byte[] other) {
    int farthest = one.length == other.length ? 0 : Integer.MAX_VALUE;
    for (int index = 0; index < Math.min(one.length, other.length); index++) {
      farthest = Math.max(farthest, Math.abs((one[index] & 0xff) - (other[index] & 0xff)));
    }
    return farthest;
  }
}
