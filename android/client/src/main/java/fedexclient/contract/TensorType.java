package fedexclient.contract;

/** What the numbers of an input are that an app computes. */
public enum TensorType {
  FLOAT32("float32", 4),
  UINT8("uint8", 1),
  INT8("int8", 1),
  INT16("int16", 2),
  INT32("int32", 4),
  INT64("int64", 8);

  private final String text;
  private final int bytes;

  TensorType(String text, int bytes) {
    this.text = text;
    this.bytes = bytes;
  }

  /** Of one number. */
  public int bytes() {
    return bytes;
  }

  /** The name in {@code bundle.json}. */
  @Override
  public String toString() {
    return text;
  }
}
