package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On the exact library of an APK, where it can be loaded. */
class TfliteRuntimeTest {
  /** y = x + x on float32 [1, 2], signature "probe", as device/recognise/tflite.py has it. */
  private static final byte[] PROBE = Base64.getDecoder().decode(""
      + "HAAAAFRGTDMUABgAFAAQAAwAAAAIAAAAAAAEABQAAAAUAAAAhAAAAIwAAACAAQAAAwAAAAEAAAAQAAAAAAAKABAADAAIAAQACgAA"
      + "AAwAAAAUAAAANAAAAAUAAABwcm9iZQAAAAEAAAAMAAAACAAMAAgABAAIAAAAAQAAAAQAAAABAAAAeQAAAAEAAAAMAAAAAAAGAAgA"
      + "BAAGAAAABAAAAAEAAAB4AAAAAQAAAAQAAAD8/v//AQAAABQAAAAAAA4AGAAUABAADAAIAAQADgAAABQAAAAYAAAAWAAAAFwAAABg"
      + "AAAAAAAAAAAAAAABAAAAFAAAAAAADgAUAAAAEAAMAAsABAAOAAAAEAAAAAAAAAsMAAAAEAAAAGT///8BAAAAAQAAAAIAAAAAAAAA"
      + "AAAAAAEAAAABAAAAAQAAAAAAAAACAAAARAAAAAQAAADa////AAAAAQgAAAAMAAAAAAAAAAAAAAACAAAAAQAAAAIAAAAAABYAEAAM"
      + "AAAAAAAIAAAAAAAAAAAABwAWAAAAAAAAAQgAAAAMAAAAAAAAAAAAAAACAAAAAQAAAAIAAAABAAAACAAAAAQABAAEAAAA");

  @BeforeEach
  void requireTheLibrary() {
    ApkTflite.require();
  }

  private static ByteBuffer direct(byte[] data) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(data.length).order(ByteOrder.nativeOrder());
    buffer.put(data);
    buffer.rewind();
    return buffer;
  }

  private static Model probe() throws ModelRefusedException {
    return new TfliteRuntime().open(direct(PROBE), "probe", 1);
  }

  private static ByteBuffer values(float... numbers) {
    ByteBuffer values = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    values.asFloatBuffer().put(numbers);
    return values;
  }

  @Test
  void a_model_is_run_by_its_signature_again_and_again() throws Exception {
    try (Model model = probe()) {
      assertEquals(ScriptedRuntime.spec("x", "float32", 1L, 2L), model.input());
      assertEquals(ScriptedRuntime.spec("y", "float32", 1L, 2L), model.output());
      assertArrayEquals(new float[] {2, 4}, model.run(values(1, 2)));
      assertArrayEquals(new float[] {-6, 0}, model.run(values(-3, 0)));
    }
  }

  @Test
  void the_runtime_names_itself_with_its_version() throws Exception {
    assertEquals("tensorflow-lite 2.16.1", new TfliteRuntime().name());
  }

  @Test
  void a_signature_that_is_not_there_is_refused() {
    assertThrows(ModelRefusedException.class, () -> new TfliteRuntime().open(direct(PROBE), "head", 1));
  }

  @Test
  void bytes_that_are_no_model_are_refused() {
    byte[] zeros = new byte[PROBE.length];
    assertThrows(ModelRefusedException.class, () -> new TfliteRuntime().open(direct(zeros), "probe", 1));
    byte[] half = Arrays.copyOf(PROBE, PROBE.length / 2);
    assertThrows(ModelRefusedException.class, () -> new TfliteRuntime().open(direct(half), "probe", 1));
  }

  @Test
  void another_number_of_values_is_the_callers_mistake() throws Exception {
    try (Model model = probe()) {
      assertThrows(IllegalArgumentException.class, () -> model.run(values(1, 2, 3)));
    }
  }

  @Test
  void a_model_is_for_the_thread_that_opened_it() throws Exception {
    try (Model model = probe()) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread thread = new Thread(() -> {
        try {
          model.run(values(1, 2));
        } catch (ModelRefusedException | RuntimeException error) {
          thrown.set(error);
        }
      });
      thread.start();
      thread.join();
      assertTrue(thrown.get() instanceof IllegalStateException);
    }
  }
}
