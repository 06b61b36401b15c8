package fedexclient.recognise;

import static fedexclient.recognise.ScriptedRuntime.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.Strictness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Golden bundles whose models are scripts: labels Ada Lovelace and 明子, temperature 1.25, features of four numbers. */
class RecognizerTest {
  private static final TensorSpec PHOTO = spec("photo", "uint8", 1L, 160L, 160L, 3L);
  private static final TensorSpec FEATURE = spec("feature", "float32", 1L, 4L);
  private static final TensorSpec LOGITS = spec("logits", "float32", 1L, 2L);
  private static final TensorSpec SAMPLES = spec("tensor", "int16", 1L, 4000L, 1L);

  @TempDir Path folder;

  /** A prefix that sees the first pixel, and a head whose logits are the feature's first two numbers. */
  private static ScriptedRuntime runtime() {
    return new ScriptedRuntime()
        .on("prefix", PHOTO, FEATURE, taken -> new float[] {taken.get(0) & 0xff, taken.get(1) & 0xff, 0, 0})
        .on("head", FEATURE, LOGITS, taken -> new float[] {taken.getFloat(0), taken.getFloat(4)});
  }

  private DeviceBundle bundle(String name) throws Exception {
    return ScriptedBundle.copy(name, folder);
  }

  private BundleModels models(DeviceBundle bundle, ModelRuntime runtime) {
    return ScriptedBundle.models(bundle, folder, runtime);
  }

  private static Pixels photo(int red, int green) throws PhotoException {
    return Pixels.ofRows(160, 160, (y, row) -> Arrays.fill(row, red << 16 | green << 8));
  }

  @Test
  void a_photo_is_answered_by_prefix_and_head() throws Exception {
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle"), runtime()), null, 2)) {
      Answer answer = recognizer.recognise(photo(3, 4)).get(0);
      assertEquals("明子", answer.results().get(0).label());
      assertEquals(1 / (1 + Math.exp(-1 / 1.25)), answer.results().get(0).probability(), 1e-12);
      assertArrayEquals(new float[] {3, 4, 0, 0}, answer.feature());
      assertFalse(answer.isUnknown());
      assertTrue(answer.isSubject());
      assertEquals(Head.BUNDLED_SERIAL, answer.headSerial());
    }
  }

  @Test
  void what_is_unknown_hangs_on_the_point_that_was_chosen() throws Exception {
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle"), runtime()), null, 1)) {
      assertFalse(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
      recognizer.setStrictness(Strictness.STRICT);
      assertTrue(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
      recognizer.setStrictness(null);
      assertFalse(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
    }
  }

  @Test
  void a_model_that_is_another_file_never_reaches_the_interpreter() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    ScriptedRuntime runtime = runtime();
    for (byte[] other : new byte[][] {ScriptedBundle.model("Prefix"), ScriptedBundle.model("prefix2"), new byte[0]}) {
      Files.write(folder.resolve("prefix.tflite"), other);
      ModelRefusedException error = assertThrows(ModelRefusedException.class,
          () -> Recognizer.open(models(bundle, runtime), null, 1));
      assertTrue(error.getMessage().startsWith("prefix.tflite: expected "), error.getMessage());
    }
    assertTrue(runtime.opened.isEmpty());
  }

  @Test
  void what_is_no_tflite_file_never_reaches_the_interpreter() throws Exception {
    ScriptedRuntime runtime = runtime();
    ModelSource golden = ModelSource.folder(Golden.folder().resolve("device-bundle").toFile());
    DeviceBundle bundle = DeviceBundle.read(new BundleFolder(Golden.folder().resolve("device-bundle").toFile()));
    BundleModels models = new BundleModels(bundle, golden, runtime, 1);
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models, null, 1));
    assertTrue(runtime.opened.isEmpty());
  }

  @Test
  void models_that_take_or_give_something_else_are_refused_and_closed() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    TensorSpec grey = spec("photo", "uint8", 1L, 160L, 160L, 1L);
    TensorSpec three = spec("logits", "float32", 1L, 3L);
    ScriptedRuntime runtime = runtime().on("prefix", grey, FEATURE, taken -> new float[4]);
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models(bundle, runtime), null, 1));
    assertEquals(List.of("prefix"), runtime.closed);
    ScriptedRuntime other = runtime().on("head", FEATURE, three, taken -> new float[3]);
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models(bundle, other), null, 1));
    assertEquals(List.of("head", "prefix"), other.closed);
  }

  @Test
  void a_model_of_no_numbers_is_refused() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    ScriptedRuntime prefix = runtime().on("prefix", PHOTO, FEATURE, taken -> new float[] {Float.NaN, 0, 0, 0});
    ScriptedRuntime head = runtime().on("head", FEATURE, LOGITS, taken -> new float[] {0, Float.POSITIVE_INFINITY});
    for (ScriptedRuntime runtime : new ScriptedRuntime[] {prefix, head}) {
      try (Recognizer recognizer = Recognizer.open(models(bundle, runtime), null, 1)) {
        assertThrows(ModelRefusedException.class, () -> recognizer.recognise(photo(1, 2)));
      }
    }
  }

  @Test
  void a_photo_without_a_face_has_no_answer() throws Exception {
    TensorSpec rows = spec("faces", "float32", 1L, 1L, 17L);
    TensorSpec square = spec("photo", "uint8", 1L, 256L, 256L, 3L);
    ScriptedRuntime runtime = runtime().on("detector", square, rows, taken -> new float[17]);
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-faces"), runtime), null, 1)) {
      assertTrue(recognizer.recognise(photo(3, 4)).isEmpty());
      assertEquals(0, recognizer.selfTest(photo(3, 4)));
      assertThrows(TensorException.class, () -> recognizer.recogniseTensor(new byte[8000]));
    }
    assertEquals(List.of("prefix", "detector", "head"), runtime.closed);
  }

  @Test
  void a_tensor_is_answered_once_it_is_what_the_bundle_says() throws Exception {
    ScriptedRuntime runtime = runtime()
        .on("prefix", SAMPLES, FEATURE, taken -> new float[] {taken.getShort(0), taken.getShort(2), 0, 0});
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-tensor"), runtime), null, 1)) {
      byte[] values = new byte[8000];
      values[1] = 1;
      assertArrayEquals(new float[] {256, 0, 0, 0}, recognizer.recogniseTensor(values).feature());
      assertThrows(TensorException.class, () -> recognizer.recogniseTensor(new byte[7999]));
      assertThrows(PhotoException.class, () -> recognizer.recognise(photo(1, 2)));
    }
  }

  @Test
  void numbers_that_a_network_cannot_take_are_the_tensors_fault() throws Exception {
    ScriptedRuntime runtime = runtime().on("prefix", SAMPLES, FEATURE, taken -> new float[] {Float.NaN, 0, 0, 0});
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-tensor"), runtime), null, 1)) {
      assertThrows(TensorException.class, () -> recognizer.recogniseTensor(new byte[8000]));
    }
  }
}
