package fedexclient.contract;

/** IEEE 754 half precision: the platform converts it from Android 8 on, the JDK only from 20. */
final class Float16 {
  /** The least magnitude that rounds to infinity. */
  static final float OVERFLOW = 65_520f;

  private static final double LEAST_NORMAL = 0x1p-14;
  private static final double SUBNORMAL_STEP = 0x1p-24;

  private Float16() {}

  /** Rounds a finite number to nearest, halves to even; the magnitude is below {@link #OVERFLOW}. */
  static short bitsOf(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    double magnitude = Math.abs((double) value);
    if (magnitude < LEAST_NORMAL) {
      // A subnormal, or, where it rounds up to 1,024 steps, the least normal number: the same bits.
      return (short) (sign | (int) Math.rint(magnitude / SUBNORMAL_STEP));
    }
    int exponent = Math.getExponent(magnitude);
    int steps = (int) Math.rint(Math.scalb(magnitude, 10 - exponent));
    // 2,048 steps carry into the exponent, as they must.
    return (short) (sign | ((exponent + 15) << 10) + steps - 1_024);
  }

  /** What some bits are. */
  static float valueOf(short bits) {
    int exponent = bits >> 10 & 31;
    int steps = bits & 1_023;
    if (exponent == 31) {
      return steps != 0 ? Float.NaN : bits < 0 ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
    }
    double magnitude = exponent == 0 ? steps * SUBNORMAL_STEP : Math.scalb(1_024.0 + steps, exponent - 25);
    return (float) (bits < 0 ? -magnitude : magnitude);
  }
}
