package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.TensorInput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The golden input of the tensor bundle, which numpy wrote, and what it is not. */
class NpyFileTest {
  private static final String RIGHT = "{'descr': '<i2', 'fortran_order': False, 'shape': (4000, 1), }\n";
  private static final byte[] VALUES = new byte[8_000];

  private TensorInput input;
  private byte[] golden;

  @BeforeEach
  void find() throws Exception {
    input = (TensorInput) DeviceBundle.read(
        new BundleFolder(Golden.folder().resolve("device-bundle-tensor").toFile())).facts().input();
    golden = Golden.bytes("device-bundle-tensor/golden-input.npy");
  }

  private byte[] read(byte[] file) throws TensorException, IOException {
    return NpyFile.read(new ByteArrayInputStream(file), input);
  }

  private static byte[] claiming(int major, String header, byte[] values) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    file.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0, (byte) text.length,
        (byte) (text.length >> 8)});
    file.write(text);
    file.write(values);
    return file.toByteArray();
  }

  private String refusal(byte[] file) {
    return assertThrows(TensorException.class, () -> read(file)).getMessage();
  }

  @Test
  void the_golden_input_is_read_as_numpy_saved_it() throws Exception {
    assertArrayEquals(Arrays.copyOfRange(golden, golden.length - 8_000, golden.length), read(golden));
    assertArrayEquals(VALUES, read(claiming(1, RIGHT, VALUES)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"'>i2'", "'<i4'", "'<u2'", "'<f4'", "'|i1'", "'|O'", "'<f99'", "[('x', '<i2')]"})
  void another_dtype_is_refused(String descr) throws Exception {
    String said = refusal(claiming(1, RIGHT.replace("'<i2'", descr), VALUES));
    assertTrue(said.startsWith("tensor: expected <i2 (4000, 1) in C order, got ")
        || said.endsWith("got one with a damaged header"), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(4000,)", "(1, 4000)", "(4000, 2)", "()", "(0, 1)", "(-4000, 1)", "(4000000000000, 1)",
      "(10**9, 1)", "4000"})
  void another_shape_is_refused_whatever_it_is(String shape) throws Exception {
    refusal(claiming(1, RIGHT.replace("(4000, 1)", shape), VALUES));
  }

  @Test
  void columns_first_another_format_and_other_files_are_refused() throws Exception {
    assertTrue(refusal(claiming(1, RIGHT.replace("False", "True"), VALUES)).endsWith("in Fortran order"));
    assertTrue(refusal(claiming(3, RIGHT, VALUES)).endsWith("got something else"));
    refusal(Golden.bytes("device-bundle/golden-input.png"));
    refusal(claiming(1, "[".repeat(60_000), VALUES));
    refusal(claiming(1, "__import__('os').abort()", VALUES));
  }

  @Test
  void a_file_that_is_cut_short_anywhere_or_goes_on_is_refused() {
    for (int length = 0; length < golden.length; length += length < 200 ? 1 : 97) {
      assertTrue(refusal(Arrays.copyOf(golden, length)).endsWith("cut short"));
    }
    assertEquals("tensor: expected 8000 bytes of values, got more", refusal(Arrays.copyOf(golden, golden.length + 1)));
  }

  @Test
  void a_file_with_any_byte_of_its_header_changed_is_the_same_tensor_or_refused() throws Exception {
    byte[] whole = read(golden);
    for (int at = 0; at < golden.length - 8_000; at++) {
      for (int value : new int[] {0, '\'', '(', '9', 0xff}) {
        byte[] changed = golden.clone();
        changed[at] = (byte) value;
        try {
          assertArrayEquals(whole, read(changed));
        } catch (TensorException expected) {
          // refused
        }
      }
    }
  }
}
