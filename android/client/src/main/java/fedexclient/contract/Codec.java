package fedexclient.contract;

/** How the features of an upload are stored. */
public enum Codec {
  FLOAT32("float32", 0),
  FLOAT16("float16", 0),
  INT8("int8", 255),
  INT4("int4", 15);

  private final String text;
  private final int levels;

  Codec(String text, int levels) {
    this.text = text;
    this.levels = levels;
  }

  /** The greatest code; 0 where numbers are floats. */
  int levels() {
    return levels;
  }

  boolean isQuantised() {
    return levels > 0;
  }

  /** Numbers of the tensor {@code features} for each feature of so many elements. */
  long width(long elements) {
    return this == INT4 ? (elements + 1) / 2 : elements;
  }

  /** What the numbers of {@code features} are. */
  TensorDtype dtype() {
    return this == FLOAT32 ? TensorDtype.F32 : this == FLOAT16 ? TensorDtype.F16 : TensorDtype.U8;
  }

  /** The name in an upload's header. */
  @Override
  public String toString() {
    return text;
  }
}
