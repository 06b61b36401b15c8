package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UploadBoundsGoldenTest {
  static List<Golden.Vector> bounds() {
    return Golden.vectors("upload-bounds.json");
  }

  @ParameterizedTest
  @MethodSource("bounds")
  void what_an_upload_says_of_itself_is_within_bounds_or_refused(Golden.Vector vector) throws Exception {
    byte[] data = new Stated(vector).encode();
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> UploadHeader.parse(data)));
    } else {
      assertEquals(vector.integer("size"), UploadHeader.parse(data).size());
    }
  }

  /** An upload that says this of itself, with few bytes that stand for deflated ones; nobody inflates it. */
  private static final class Stated {
    private static final int FEW_BYTES = 9;

    private final Golden.Vector vector;
    private final Map<String, Object> tensors = new LinkedHashMap<>();
    private long size;

    Stated(Golden.Vector vector) {
      this.vector = vector;
      long count = vector.integer("count");
      long elements = Arrays.stream(vector.integers("shape")).reduce(1, (one, other) -> one * other);
      Codec codec = codec(vector.text("codec"));
      add("features", codec.dtype(), count, codec.width(elements));
      if (codec.isQuantised()) {
        add("scales", TensorDtype.F32, count);
        add("zeros", TensorDtype.U8, count);
      }
      add("samples", TensorDtype.U8, count, 22);
    }

    private static Codec codec(String name) {
      return Arrays.stream(Codec.values()).filter(codec -> codec.toString().equals(name)).findFirst().orElseThrow();
    }

    private void add(String name, TensorDtype dtype, long... shape) {
      long bytes = Arrays.stream(shape).reduce(dtype.bytes(), (one, other) -> one * other);
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", dtype.name());
      entry.put("shape", listed(shape));
      entry.put("data_offsets", listed(size, size + bytes));
      tensors.put(name, entry);
      size += bytes;
    }

    private static List<Object> listed(long... numbers) {
      List<Object> listed = new ArrayList<>();
      for (long number : numbers) {
        listed.add(number);
      }
      return listed;
    }

    byte[] encode() throws Exception {
      int stored = (int) Math.min(size, FEW_BYTES);
      if (vector.has("bytes")) {
        int total = (int) vector.integer("bytes");
        stored = total - header(total).length;
      }
      return TensorFile.join(header(stored), new byte[stored]);
    }

    private byte[] header(int stored) throws Exception {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("__metadata__", metadata(stored));
      document.putAll(tensors);
      byte[] json = JsonWriter.ordered(document);
      int padded = (json.length + 7) / 8 * 8;
      int length = vector.has("header_bytes") ? (int) vector.integer("header_bytes") : padded;
      byte[] header = new byte[8 + length];
      Arrays.fill(header, (byte) ' ');
      ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      System.arraycopy(json, 0, header, 8, json.length);
      return header;
    }

    private Map<String, Object> metadata(int stored) {
      List<Object> labels = new ArrayList<>();
      for (long number = 0; number < vector.integer("labels"); number++) {
        labels.add(Long.toString(number));
      }
      Map<String, Object> metadata = new LinkedHashMap<>();
      metadata.put("format", 1L);
      metadata.put("space", "5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b");
      metadata.put("self_test", Golden.named("uploads.json").get(0).map("self_test"));
      metadata.put("codec", vector.text("codec"));
      metadata.put("count", vector.integer("count"));
      metadata.put("shape", vector.list("shape"));
      metadata.put("labels", labels);
      metadata.put("size", size);
      metadata.put("stored", (long) stored);
      return metadata;
    }
  }
}
