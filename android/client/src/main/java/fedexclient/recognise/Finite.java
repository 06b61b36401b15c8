package fedexclient.recognise;

/** Whether a model's numbers are numbers. */
final class Finite {
  private Finite() {}

  static boolean isFinite(float[] numbers) {
    boolean isFinite = true;
    for (float number : numbers) {
      isFinite &= !Float.isNaN(number) && !Float.isInfinite(number);
    }
    return isFinite;
  }
}
