package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** Features to the tensors of a codec, exact to the bit. */
final class FeatureEncoder {
  static final String FEATURES = "features";
  static final String SCALES = "scales";
  static final String ZEROS = "zeros";

  /** The least normal float32: smaller steps are not equally precise on every machine. */
  static final double MIN_SCALE = 0x1p-126;

  /** 255 steps of it are still finite in float32. */
  static final double MAX_SCALE = 0x1p119;

  private final Codec codec;
  private final FeatureShape shape;
  private final int count;
  private final ByteBuffer features;
  private final ByteBuffer scales;
  private final byte[] zeros;

  private FeatureEncoder(Codec codec, FeatureShape shape, int count) {
    this.codec = codec;
    this.shape = shape;
    this.count = count;
    long bytes = count * codec.width(shape.elements()) * codec.dtype().bytes();
    this.features = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.scales = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    this.zeros = new byte[count];
  }

  /**
   * Encodes features, one after another, each in C order.
   *
   * @throws ImpossibleException NaN, infinity, or magnitudes that the codec cannot hold
   */
  static Map<String, Tensor> encode(float[] values, Codec codec, FeatureShape shape) throws ImpossibleException {
    FeatureEncoder encoder = new FeatureEncoder(codec, shape, values.length / shape.elements());
    for (int sample = 0; sample < encoder.count; sample++) {
      encoder.add(sample, encoder.channelsFirst(values, sample));
    }
    return encoder.tensors();
  }

  private float[] channelsFirst(float[] values, int sample) throws ImpossibleException {
    float[] row = new float[shape.elements()];
    for (int index = 0; index < row.length; index++) {
      float value = values[sample * row.length + index];
      if (Float.isNaN(value) || Float.isInfinite(value)) {
        throw new ImpossibleException(FEATURES + "[" + sample + "]", "finite numbers", Float.toString(value));
      }
      row[shape.placeOf(index)] = value;
    }
    return row;
  }

  private void add(int sample, float[] row) throws ImpossibleException {
    if (codec == Codec.FLOAT32) {
      for (float value : row) {
        features.putFloat(value);
      }
    } else if (codec == Codec.FLOAT16) {
      addHalves(row);
    } else {
      addCodes(sample, row);
    }
  }

  private void addHalves(float[] row) throws ImpossibleException {
    for (float value : row) {
      if (Math.abs(value) >= Float16.OVERFLOW) {
        throw new ImpossibleException(FEATURES, "magnitudes below 65520 for float16", Float.toString(value));
      }
      features.putShort(Float16.bitsOf(value));
    }
  }

  /** In double precision from float32, rounding halves to even. */
  private void addCodes(int sample, float[] row) throws ImpossibleException {
    double low = 0;
    double high = 0;
    for (float value : row) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    float scale = (float) Math.max((high - low) / codec.levels(), MIN_SCALE);
    if (scale > MAX_SCALE) {
      String expected = "a range of at most " + codec.levels() + " * 2^119";
      throw new ImpossibleException(FEATURES, expected, Double.toString(high - low));
    }
    double zero = clip(Math.rint(-low / scale));
    scales.putFloat(scale);
    zeros[sample] = (byte) zero;
    addCodes(row, scale, zero);
  }

  private void addCodes(float[] row, double scale, double zero) {
    int pending = 0;
    for (int index = 0; index < row.length; index++) {
      int code = (int) clip(Math.rint(row[index] / scale) + zero);
      if (codec == Codec.INT8) {
        features.put((byte) code);
      } else if (index % 2 == 0) {
        pending = code;
      } else {
        features.put((byte) (pending | code << 4));
      }
    }
    if (codec == Codec.INT4 && row.length % 2 == 1) {
      features.put((byte) pending);
    }
  }

  private double clip(double code) {
    return Math.min(Math.max(code, 0), codec.levels());
  }

  private Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    long width = codec.width(shape.elements());
    tensors.put(FEATURES, Tensor.of(codec.dtype(), features.array(), count, width));
    if (codec.isQuantised()) {
      tensors.put(SCALES, Tensor.of(TensorDtype.F32, scales.array(), count));
      tensors.put(ZEROS, Tensor.of(TensorDtype.U8, zeros, count));
    }
    return tensors;
  }
}
