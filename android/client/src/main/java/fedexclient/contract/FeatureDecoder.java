package fedexclient.contract;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors of a codec to features, always finite. */
final class FeatureDecoder {
  private final Map<String, Tensor> parts;
  private final Codec codec;
  private final FeatureShape shape;
  private final int count;

  private FeatureDecoder(Map<String, Tensor> parts, Codec codec, FeatureShape shape, int count) {
    this.parts = parts;
    this.codec = codec;
    this.shape = shape;
    this.count = count;
  }

  /**
   * Decodes so many features; they lie one after another, each in C order.
   *
   * @throws ImpossibleException a tensor that is missing or of another dtype or shape, NaN, infinity, or parameters out
   *     of range
   */
  static float[] decode(Map<String, Tensor> parts, Codec codec, FeatureShape shape, int count)
      throws ImpossibleException {
    FeatureDecoder decoder = new FeatureDecoder(parts, codec, shape, count);
    decoder.check();
    return decoder.decode();
  }

  private void check() throws ImpossibleException {
    require(FeatureEncoder.FEATURES, codec.dtype(), Arrays.asList((long) count, codec.width(shape.elements())));
    if (codec.isQuantised()) {
      require(FeatureEncoder.SCALES, TensorDtype.F32, Arrays.asList((long) count));
      require(FeatureEncoder.ZEROS, TensorDtype.U8, Arrays.asList((long) count));
      checkParameters();
    }
  }

  private void require(String name, TensorDtype dtype, List<Long> expected) throws ImpossibleException {
    @Nullable Tensor part = parts.get(name);
    if (part == null || part.dtype() != dtype || !part.shape().equals(expected)) {
      String got = part == null ? "nothing" : part.dtype() + " " + part.shape();
      throw new ImpossibleException(name, dtype + " " + expected, got);
    }
  }

  private void checkParameters() throws ImpossibleException {
    for (int sample = 0; sample < count; sample++) {
      float scale = scale(sample);
      if (!(scale >= FeatureEncoder.MIN_SCALE && scale <= FeatureEncoder.MAX_SCALE)) {
        String where = FeatureEncoder.SCALES + "[" + sample + "]";
        throw new ImpossibleException(where, "a scale from 2^-126 to 2^119", Float.toString(scale));
      }
    }
    for (int sample = 0; sample < count; sample++) {
      if (zero(sample) > codec.levels()) {
        String expected = "integers below " + (codec.levels() + 1);
        throw new ImpossibleException(FeatureEncoder.ZEROS, expected, Integer.toString(zero(sample)));
      }
      checkPadding(sample);
    }
  }

  private void checkPadding(int sample) throws ImpossibleException {
    int width = (int) codec.width(shape.elements());
    boolean padded = codec == Codec.INT4 && shape.elements() % 2 == 1;
    if (padded && (bytes(FeatureEncoder.FEATURES).get((sample + 1) * width - 1) & 0xf0) != 0) {
      throw new ImpossibleException(FeatureEncoder.FEATURES, "zero bits after the last element", "others");
    }
  }

  private float[] decode() throws ImpossibleException {
    int elements = shape.elements();
    float[] values = new float[count * elements];
    ByteBuffer features = bytes(FeatureEncoder.FEATURES);
    for (int sample = 0; sample < count; sample++) {
      float scale = codec.isQuantised() ? scale(sample) : 1;
      int zero = codec.isQuantised() ? zero(sample) : 0;
      for (int index = 0; index < elements; index++) {
        float value = (storedAt(features, sample, shape.placeOf(index)) - zero) * scale;
        if (Float.isNaN(value) || Float.isInfinite(value)) {
          throw new ImpossibleException(FeatureEncoder.FEATURES, "a finite number", Float.toString(value));
        }
        values[sample * elements + index] = value;
      }
    }
    return values;
  }

  /** A float as it is (less 0, times 1), or a code: exact in float32, as is its difference from the zero. */
  private float storedAt(ByteBuffer features, int sample, int place) {
    int elements = shape.elements();
    switch (codec) {
      case FLOAT32:
        return features.getFloat(4 * (sample * elements + place));
      case FLOAT16:
        return Float16.valueOf(features.getShort(2 * (sample * elements + place)));
      default:
        return codeAt(features, sample, place);
    }
  }

  private int codeAt(ByteBuffer features, int sample, int place) {
    if (codec == Codec.INT8) {
      return features.get(sample * shape.elements() + place) & 255;
    }
    int width = (int) codec.width(shape.elements());
    return features.get(sample * width + place / 2) >> (place % 2 * 4) & 15;
  }

  private float scale(int sample) {
    return bytes(FeatureEncoder.SCALES).getFloat(4 * sample);
  }

  private int zero(int sample) {
    return bytes(FeatureEncoder.ZEROS).get(sample) & 255;
  }

  private ByteBuffer bytes(String name) {
    @Nullable Tensor part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException(name); // checked before
    }
    return part.bytes();
  }
}
