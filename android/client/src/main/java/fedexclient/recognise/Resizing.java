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
    int across = run(picture.width(), width);
    int down = run(picture.height(), height);
    if (across > 1 || down > 1) {
      return resize(average(picture, across, down), width, height);
    }
    Span whole = new Span(0, picture.width(), width);
    return resize(picture, whole, new Span(0, picture.height(), height));
  }

  /** A part of a picture resized; what lies beside it counts at its edges, as it does in the whole. */
  static Pixels resize(Pixels picture, Span across, Span down) {
    TriangleFilter rows = TriangleFilter.of(down, picture.height());
    if (isWhole(across, picture.width())) {
      return isWhole(down, picture.height()) ? picture : down(picture, rows, 0);
    }
    Pixels narrowed = across(picture, TriangleFilter.of(across, picture.width()), rows.begin(), rows.end());
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

  /** The rows of a picture from {@code begin} to {@code end}, each resized. */
  private static Pixels across(Pixels picture, TriangleFilter filter, int begin, int end) {
    int channels = picture.channels();
    byte[] values = picture.values();
    Pixels result = Pixels.black(filter.size(), end - begin, channels);
    byte[] results = result.values();
    int to = 0;
    for (int y = begin; y < end; y++) {
      for (int x = 0; x < filter.size(); x++) {
        int first = (y * picture.width() + filter.first(x)) * channels;
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

  /** Each block of so many pixels is one, their mean; those at the right and the bottom may be of fewer. */
  private static Pixels average(Pixels picture, int across, int down) {
    int width = (picture.width() + across - 1) / across;
    int height = (picture.height() + down - 1) / down;
    Pixels result = Pixels.black(width, height, picture.channels());
    int to = 0;
    for (int y = 0; y < height; y++) {
      int bottom = Math.min(picture.height(), (y + 1) * down);
      for (int x = 0; x < width; x++) {
        int right = Math.min(picture.width(), (x + 1) * across);
        for (int channel = 0; channel < picture.channels(); channel++) {
          result.values()[to++] = mean(picture, x * across, y * down, right, bottom, channel);
        }
      }
    }
    return result;
  }

  private static byte mean(Pixels picture, int left, int top, int right, int bottom, int channel) {
    int sum = 0;
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        sum += picture.at(x, y, channel);
      }
    }
    int count = (right - left) * (bottom - top);
    return (byte) ((2 * sum + count) / (2 * count));
  }
}
