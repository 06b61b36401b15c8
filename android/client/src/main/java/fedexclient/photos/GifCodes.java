package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.util.Arrays;

/**
 * Counts the pixels that the codes of a GIF's picture stand for (LZW, codes of 3 to 12 bits, the lowest bits first).
 *
 * <p>A decoder fills with some colour what a picture lacks that ends too soon.
 */
final class GifCodes {
  private static final int MAX_BITS = 12;
  private static final int NONE = -1;

  private final byte[] file;
  private final int literalBits;
  private final int[] lengths = new int[1 << MAX_BITS];
  private int at;
  private int leftOfPiece;
  private int held;
  private int heldBits;
  private int bits;
  private int next;
  private int last;

  /**
   * Of a picture's pieces.
   *
   * @param literalBits of the codes that stand for one pixel
   * @param at where the first piece begins
   */
  GifCodes(byte[] file, int literalBits, int at) throws PhotoException {
    if (literalBits < 1 || literalBits > 8) {
      throw PhotoFile.damaged("codes of " + literalBits + " bits");
    }
    this.file = file;
    this.literalBits = literalBits;
    this.at = at;
    Arrays.fill(lengths, 0, 1 << literalBits, 1);
    clear();
  }

  private void clear() {
    bits = literalBits + 1;
    next = (1 << literalBits) + 2;
    last = NONE;
  }

  /** Refuses fewer pixels than are wanted. */
  void check(long wanted) throws PhotoException {
    int clear = 1 << literalBits;
    for (long pixels = 0; pixels < wanted;) {
      int code = code();
      if (code == clear) {
        clear();
      } else if (code == NONE || code == clear + 1 || code > next || (code == next && last == NONE)) {
        throw PhotoFile.damaged("the end of its pixels is missing");
      } else {
        pixels += lengthOf(code);
      }
    }
  }

  /** The pixels of a code, after which there is a new one: the one before it, and a pixel. */
  private int lengthOf(int code) {
    if (last != NONE && next < lengths.length) {
      lengths[next] = lengths[last] + 1;
      next++;
      bits += next == 1 << bits && bits < MAX_BITS ? 1 : 0;
    }
    last = code;
    return lengths[code];
  }

  private int code() {
    while (heldBits < bits) {
      int read = read();
      if (read == NONE) {
        return NONE;
      }
      held |= read << heldBits;
      heldBits += 8;
    }
    int code = held & (1 << bits) - 1;
    held >>>= bits;
    heldBits -= bits;
    return code;
  }

  private int read() {
    if (leftOfPiece == 0) {
      leftOfPiece = at < file.length ? file[at++] & 0xff : 0;
    }
    if (leftOfPiece == 0 || at >= file.length) {
      return NONE;
    }
    leftOfPiece--;
    return file[at++] & 0xff;
  }
}
