package fedexclient.contract;

import java.util.List;

/** Products of sizes that a stranger sent, which must not overflow unnoticed. */
final class Sizes {
  private Sizes() {}

  /** The product; {@code Long.MAX_VALUE} where it is more. Sizes are not negative. */
  static long product(List<Long> sizes) {
    long product = 1;
    for (long size : sizes) {
      product = times(product, size);
    }
    return product;
  }

  /** The product, each size of 0 counted as 1. */
  static long extent(List<Long> sizes) {
    long product = 1;
    for (long size : sizes) {
      product = times(product, Math.max(size, 1));
    }
    return product;
  }

  static long times(long one, long other) {
    return other != 0 && one > Long.MAX_VALUE / other ? Long.MAX_VALUE : one * other;
  }
}
