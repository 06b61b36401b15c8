package fedexclient.recognise;

import fedexclient.recognise.TriangleFilter.Span;
import java.util.Arrays;

/** Resizes pictures by a triangle filter, across and then down; of long ones runs of pixels are averaged before. */
final class Resizing {
  /** Pixels that are averaged at once in a picture that is to become over twice as many times shorter. */
  private static final int LONGEST_RUN = 256;

  /** A longer side is averaged in pairs, as long as that is a reduction: its weights would take a gigabyte. */
  private static final int MAX_LENGTH = 1 << 20;

  private Resizing() {}

  /** A picture of this size; one that has it already is returned as it is. */
  static Pixels resize(Pixels picture, int width, int height) {
    return resize(picture, picture.all(), width, height);
  }

  /** A part of a picture of this size, as though there were nothing beside it; the part is copied at no time. */
  static Pixels resize(Pixels picture, Rectangle part, int width, int height) {
    int across = run(part.width(), width);
    int down = run(part.height(), height);
    if (across > 1 || down > 1) {
      return resize(average(picture, part, across, down), width, height);
    }
    Span columns = new Span(0, part.width(), width);
    Span rows = new Span(0, part.height(), height);
    Pixels narrowed = isWhole(columns, part.width())
        ? picture.part(part) : across(picture, part, TriangleFilter.of(columns, part.width()));
    return isWhole(rows, part.height()) ? narrowed : down(narrowed, TriangleFilter.of(rows, part.height()), 0);
  }

  /** A part of a picture resized; what lies beside it counts at its edges, as it does in the whole. */
  static Pixels resize(Pixels picture, Span across, Span down) {
    TriangleFilter rows = TriangleFilter.of(down, picture.height());
    if (isWhole(across, picture.width())) {
      return isWhole(down, picture.height()) ? picture : down(picture, rows, 0);
    }
    Rectangle read = new Rectangle(0, rows.begin(), picture.width(), rows.end() - rows.begin());
    Pixels narrowed = across(picture, read, TriangleFilter.of(across, picture.width()));
    return isWhole(down, picture.height()) ? narrowed : down(narrowed, rows, rows.begin());
  }

  private static boolean isWhole(Span span, int length) {
    return span.from() == 0 && span.to() == length && span.size() == length;
  }

  /** How many pixels are averaged before a length is resized; 1: none. */
  private static int run(int length, int size) {
    if (length > 2L * LONGEST_RUN * size) {
      return LONGEST_RUN;
    }
    return length > MAX_LENGTH && length > 4L * size ? 2 : 1;
  }

  /** The rows of a part of a picture, each resized. */
  private static Pixels across(Pixels picture, Rectangle part, TriangleFilter filter) {
    int channels = picture.channels();
    byte[] values = picture.values();
    Pixels result = Pixels.black(filter.size(), part.height(), channels);
    byte[] results = result.values();
    int to = 0;
    for (int y = 0; y < part.height(); y++) {
      int row = (part.top() + y) * picture.width() + part.left();
      for (int x = 0; x < filter.size(); x++) {
        int first = (row + filter.first(x)) * channels;
        for (int channel = 0; channel < channels; channel++) {
          int sum = TriangleFilter.HALF;
          for (int pixel = 0, at = first + channel; pixel < filter.count(x); pixel++, at += channels) {
            sum += filter.weight(x, pixel) * (values[at] & 0xff);
          }
          results[to++] = bounded(sum);
        }
      }
    }
    return result;
  }

  /** Each column of a picture resized, whose first row is that of {@code begin} to the filter. */
  private static Pixels down(Pixels picture, TriangleFilter filter, int begin) {
    int stride = picture.width() * picture.channels();
    byte[] values = picture.values();
    Pixels result = Pixels.black(picture.width(), filter.size(), picture.channels());
    int[] sums = new int[stride];
    for (int y = 0; y < filter.size(); y++) {
      Arrays.fill(sums, TriangleFilter.HALF);
      for (int row = 0; row < filter.count(y); row++) {
        int weight = filter.weight(y, row);
        int from = (filter.first(y) + row - begin) * stride;
        for (int x = 0; x < stride; x++) {
          sums[x] += weight * (values[from + x] & 0xff);
        }
      }
      for (int x = 0; x < stride; x++) {
        result.values()[y * stride + x] = bounded(sums[x]);
      }
    }
    return result;
  }

  /** Rounded weights may sum to a little more than 1. */
  private static byte bounded(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> TriangleFilter.WEIGHT_BITS));
  }

  /** Each block of so many pixels of a part is one, their mean; those at the right and the bottom may be of fewer. */
  private static Pixels average(Pixels picture, Rectangle part, int across, int down) {
    int width = (part.width() + across - 1) / across;
    int height = (part.height() + down - 1) / down;
    Pixels result = Pixels.black(width, height, picture.channels());
    int right = part.left() + part.width();
    int bottom = part.top() + part.height();
    int to = 0;
    for (int top = part.top(); top < bottom; top += down) {
      for (int left = part.left(); left < right; left += across) {
        Rectangle block =
            new Rectangle(left, top, Math.min(across, right - left), Math.min(down, bottom - top));
        for (int channel = 0; channel < picture.channels(); channel++) {
          result.values()[to++] = mean(picture, block, channel);
        }
      }
    }
    return result;
  }

  private static byte mean(Pixels picture, Rectangle block, int channel) {
    int sum = 0;
    for (int y = 0; y < block.height(); y++) {
      for (int x = 0; x < block.width(); x++) {
        sum += picture.at(block.left() + x, block.top() + y, channel);
      }
    }
    int count = block.width() * block.height();
    return (byte) ((2 * sum + count) / (2 * count));
  }
}
