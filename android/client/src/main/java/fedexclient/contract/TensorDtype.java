package fedexclient.contract;

/** What the numbers of a tensor in a tensor file are. */
public enum TensorDtype {
  F32(4),
  F16(2),
  U8(1),
  U16(2),
  U32(4),
  U64(8),
  I8(1),
  I16(2),
  I32(4),
  I64(8);

  private final int bytes;

  TensorDtype(int bytes) {
    this.bytes = bytes;
  }

  /** Of one number. */
  public int bytes() {
    return bytes;
  }
}
