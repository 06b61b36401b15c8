package fedexclient.contract;

import java.util.List;

/** Where one tensor lies in the data section, and what it is; {@code end − begin} is what dtype and shape take. */
public final class TensorField {
  /** Dimensions of a tensor. */
  public static final int MAX_RANK = 8;

  /** Of one tensor, its sizes of 0 counted as 1. */
  public static final long MAX_BYTES = JsonReader.MAX_INTEGER;

  private final TensorDtype dtype;
  private final List<Long> shape;
  private final long begin;
  private final long end;

  private TensorField(TensorDtype dtype, List<Long> shape, long begin, long end) {
    this.dtype = dtype;
    this.shape = shape;
    this.begin = begin;
    this.end = end;
  }

  static TensorField parse(Fields fields) throws ContractException {
    TensorDtype dtype = fields.choice("dtype", TensorDtype.class);
    List<Long> shape = fields.integers("shape", MAX_RANK);
    List<Long> offsets = fields.integers("data_offsets", 2);
    if (offsets.size() != 2) {
      throw new MalformedException(fields.place("data_offsets"), "begin and end", Shown.of(offsets));
    }
    TensorField field = new TensorField(dtype, shape, offsets.get(0), offsets.get(1));
    field.checkSize(fields);
    return field;
  }

  private void checkSize(Fields fields) throws ContractException {
    long size = Sizes.times(Sizes.product(shape), dtype.bytes());
    if (end - begin != size) {
      String expected = size + " bytes for " + dtype + " " + shape;
      throw new ImpossibleException(fields.place("data_offsets"), expected, (end - begin) + " bytes");
    }
    long extent = Sizes.times(Sizes.extent(shape), dtype.bytes());
    if (extent > MAX_BYTES) {
      throw new TooLargeException(fields.place("shape"), "at most " + MAX_BYTES + " bytes, a 0 counted as 1", "more");
    }
  }

  public TensorDtype dtype() {
    return dtype;
  }

  public List<Long> shape() {
    return shape;
  }

  /** Offset of the first byte, from the start of the data section. */
  public long begin() {
    return begin;
  }

  /** Offset behind the last byte. */
  public long end() {
    return end;
  }
}
