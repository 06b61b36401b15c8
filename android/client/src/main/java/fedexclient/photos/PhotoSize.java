package fedexclient.photos;

import fedexclient.recognise.Pixels;

/**
 * How many pixels are decoded, and at which part of its size a larger JPEG is.
 *
 * <p>The part is the largest of 1/2, 1/4 and 1/8 of its sides, rounded up, that has few enough. JPEG decoders divide so
 * while they decode: no more is held than of a photo of that size.
 */
final class PhotoSize {
  private static final int[] REDUCTIONS = {2, 4, 8};
  private static final int LARGEST_JPEG = 4;

  private final int maxPixels;

  PhotoSize(int maxPixels) {
    if (maxPixels < 1 || maxPixels > Pixels.MAX_PIXELS) {
      throw new IllegalArgumentException("expected 1 to " + Pixels.MAX_PIXELS + " pixels, got " + maxPixels);
    }
    this.maxPixels = maxPixels;
  }

  /** What its sides are divided by; 1 but of a JPEG that can be decoded in parts. */
  int divisor(int width, int height, boolean canBeReduced) throws PhotoTooLargeException {
    long pixels = (long) width * height;
    if (pixels <= maxPixels) {
      return 1;
    }
    if (canBeReduced && pixels <= (long) LARGEST_JPEG * maxPixels) {
      for (int divisor : REDUCTIONS) {
        if ((long) divided(width, divisor) * divided(height, divisor) <= maxPixels) {
          return divisor;
        }
      }
    }
    long most = canBeReduced ? (long) LARGEST_JPEG * maxPixels : maxPixels;
    throw new PhotoTooLargeException("photo: expected at most " + most + " pixels, got " + width + " x " + height);
  }

  private static int divided(int side, int divisor) {
    return (side + divisor - 1) / divisor;
  }
}
