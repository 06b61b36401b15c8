package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TensorFileGoldenTest {
  static List<Golden.Vector> read() {
    return Golden.vectors("tensor-files.json");
  }

  static List<Golden.Vector> refused() {
    return Golden.vectors("refusals/tensor-files.json");
  }

  @ParameterizedTest
  @MethodSource("read")
  void a_golden_tensor_file_is_read(Golden.Vector vector) throws Exception {
    TensorFile file = TensorFile.parse(vector.hex("file"));
    List<Golden.Vector> expected = vector.vectors("tensors");
    assertEquals(expected.size(), file.tensors().size());
    List<Map.Entry<String, Tensor>> tensors = new ArrayList<>(file.tensors().entrySet());
    for (int index = 0; index < tensors.size(); index++) {
      assertTensor(expected.get(index), tensors.get(index).getKey(), tensors.get(index).getValue());
    }
    if (vector.has("metadata")) {
      assertEquals(vector.map("metadata"), file.metadata());
    }
  }

  private static void assertTensor(Golden.Vector expected, String name, Tensor tensor) {
    byte[] bytes = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(bytes);
    assertEquals(expected.text("name"), name);
    assertEquals(expected.text("dtype"), tensor.dtype().name());
    assertEquals(expected.list("shape"), tensor.shape());
    assertArrayEquals(expected.hex("bytes"), bytes);
  }

  @ParameterizedTest
  @MethodSource("read")
  void what_is_written_of_it_reads_back_as_the_same(Golden.Vector vector) throws Exception {
    TensorFile file = TensorFile.parse(vector.hex("file"));
    TensorFile again = TensorFile.parse(file.encode());
    assertEquals(file.metadata(), again.metadata());
    assertEquals(new ArrayList<>(file.tensors().keySet()), new ArrayList<>(again.tensors().keySet()));
    for (String name : file.tensors().keySet()) {
      assertEquals(file.tensors().get(name).bytes(), again.tensors().get(name).bytes());
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void nobody_takes_this_tensor_file(Golden.Vector vector) {
    String kind = Refusal.of(() -> TensorFile.parse(vector.hex("file")));
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), kind);
    }
  }
}
