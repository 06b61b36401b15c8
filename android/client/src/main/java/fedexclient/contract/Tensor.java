package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Numbers of one dtype and shape, as the little-endian bytes that a tensor file has of them. */
public final class Tensor {
  private final TensorDtype dtype;
  private final List<Long> shape;
  private final ByteBuffer bytes;

  private Tensor(TensorDtype dtype, List<Long> shape, ByteBuffer bytes) {
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
  }

  /** Views the bytes of a field in a data section that has them. */
  static Tensor view(TensorField field, byte[] section, int start) {
    ByteBuffer bytes = ByteBuffer.wrap(section, start + (int) field.begin(), (int) (field.end() - field.begin()));
    return new Tensor(field.dtype(), field.shape(), bytes.slice());
  }

  /** Makes a tensor of bytes, which nobody may change afterwards. */
  static Tensor of(TensorDtype dtype, byte[] bytes, long... shape) {
    List<Long> sizes = new ArrayList<>();
    for (long size : shape) {
      sizes.add(size);
    }
    if (Sizes.times(Sizes.product(sizes), dtype.bytes()) != bytes.length) {
      throw new IllegalArgumentException(bytes.length + " bytes for " + dtype + " " + sizes);
    }
    return new Tensor(dtype, Collections.unmodifiableList(sizes), ByteBuffer.wrap(bytes));
  }

  /** Makes a tensor of float32. */
  public static Tensor ofFloats(float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return of(TensorDtype.F32, bytes.array(), shape);
  }

  public TensorDtype dtype() {
    return dtype;
  }

  public List<Long> shape() {
    return shape;
  }

  /** The bytes, read-only and little-endian. */
  public ByteBuffer bytes() {
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The float32 of a tensor that has the shape that it needs, all finite. */
  float[] finiteFloats(List<Long> expected, String where) throws ImpossibleException {
    if (dtype != TensorDtype.F32 || !shape.equals(expected)) {
      throw new ImpossibleException(where, "F32 " + expected, dtype + " " + shape);
    }
    float[] values = new float[bytes.remaining() / 4];
    bytes().asFloatBuffer().get(values);
    for (int index = 0; index < values.length; index++) {
      if (Float.isNaN(values[index]) || Float.isInfinite(values[index])) {
        throw new ImpossibleException(where + "[" + index + "]", "a finite number", Float.toString(values[index]));
      }
    }
    return values;
  }
}
