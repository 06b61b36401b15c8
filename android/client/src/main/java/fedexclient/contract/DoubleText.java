package fedexclient.contract;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * The shortest decimal digits of a double that read back as the same, spelt as Python spells them.
 *
 * <p>{@code Double.toString} is not shortest before JDK 19, nor on Android: it writes 2.0E-3 and
 * 2.2250738585072014E-308 in other ways than each other's, and some numbers with a digit too many.
 */
final class DoubleText {
  private static final int MAX_DIGITS = 17;
  private static final int LEAST_PLAIN_EXPONENT = -4;
  private static final int MOST_PLAIN_EXPONENT = 15;

  private DoubleText() {}

  /** Spells a finite number that is not zero. */
  static String of(double value) {
    BigDecimal shortest = shortest(value).stripTrailingZeros();
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    String sign = value < 0 ? "-" : "";
    boolean plain = exponent >= LEAST_PLAIN_EXPONENT && exponent <= MOST_PLAIN_EXPONENT;
    return sign + (plain ? plain(digits, exponent) : scientific(digits, exponent));
  }

  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < MAX_DIGITS; digits++) {
      BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return rounded;
      }
    }
    return exact.round(new MathContext(MAX_DIGITS, RoundingMode.HALF_EVEN));
  }

  private static String plain(String digits, int exponent) {
    if (exponent < 0) {
      return "0." + zeros(-exponent - 1) + digits;
    }
    if (digits.length() <= exponent + 1) {
      return digits + zeros(exponent + 1 - digits.length()) + ".0";
    }
    return digits.substring(0, exponent + 1) + "." + digits.substring(exponent + 1);
  }

  private static String scientific(String digits, int exponent) {
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    int size = Math.abs(exponent);
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
  }

  private static String zeros(int count) {
    StringBuilder zeros = new StringBuilder();
    for (int index = 0; index < count; index++) {
      zeros.append('0');
    }
    return zeros.toString();
  }
}
