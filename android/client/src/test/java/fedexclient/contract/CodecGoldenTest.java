package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CodecGoldenTest {
  static List<Golden.Vector> vectors() {
    return Golden.named("codecs.json");
  }

  static List<Golden.Vector> written() {
    return only(true, "values");
  }

  static List<Golden.Vector> read() {
    return only(true, "tensors");
  }

  static List<Golden.Vector> refused() {
    return only(false, "codec");
  }

  private static List<Golden.Vector> only(boolean right, String key) {
    List<Golden.Vector> chosen = new ArrayList<>();
    for (Golden.Vector vector : vectors()) {
      if (vector.has("refused") != right && vector.has(key)) {
        chosen.add(vector);
      }
    }
    return chosen;
  }

  @ParameterizedTest
  @MethodSource("written")
  void features_are_written_to_the_bit(Golden.Vector vector) throws Exception {
    Map<String, Tensor> tensors = FeatureEncoder.encode(vector.floats("values"), codec(vector), shape(vector));
    Map<String, String> written = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      byte[] bytes = new byte[entry.getValue().bytes().remaining()];
      entry.getValue().bytes().get(bytes);
      written.put(entry.getKey(), Sha256.hexDigits(bytes));
    }
    assertEquals(vector.map("tensors"), written);
  }

  @ParameterizedTest
  @MethodSource("read")
  void features_are_read_to_the_bit(Golden.Vector vector) throws Exception {
    assertArrayEquals(bits(vector.floats("decoded")), bits(decode(vector)));
  }

  @ParameterizedTest
  @MethodSource("read")
  void whether_an_upload_may_have_them_is_told(Golden.Vector vector) throws Exception {
    boolean sent = true;
    for (float value : decode(vector)) {
      sent &= Math.abs(value) <= UploadReader.MAX_MAGNITUDE;
    }
    assertEquals(vector.get("sent"), sent);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void what_cannot_be_right_is_refused(Golden.Vector vector) {
    assertEquals(vector.text("refused"), Refusal.of(() -> {
      if (vector.has("tensors")) {
        decode(vector);
      } else {
        FeatureEncoder.encode(vector.floats("values"), codec(vector), shape(vector));
      }
    }));
  }

  private static float[] decode(Golden.Vector vector) throws ContractException {
    FeatureShape shape = shape(vector);
    Codec codec = codec(vector);
    Map<String, Tensor> parts = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : vector.map("tensors").entrySet()) {
      String name = (String) entry.getKey();
      byte[] bytes = Sha256.bytesOf((String) entry.getValue());
      parts.put(name, name.equals("features") ? Tensor.of(codec.dtype(), bytes, 1, codec.width(shape.elements()))
          : Tensor.of(name.equals("scales") ? TensorDtype.F32 : TensorDtype.U8, bytes, 1));
    }
    return FeatureDecoder.decode(parts, codec, shape, 1);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int index = 0; index < bits.length; index++) {
      bits[index] = Float.floatToRawIntBits(values[index]);
    }
    return bits;
  }

  private static FeatureShape shape(Golden.Vector vector) throws ContractException {
    return FeatureShape.of(vector.integers("shape"));
  }

  private static Codec codec(Golden.Vector vector) {
    for (Codec codec : Codec.values()) {
      if (codec.toString().equals(vector.text("codec"))) {
        return codec;
      }
    }
    throw new IllegalStateException(vector.text("codec"));
  }
}
