package fedexclient.recognise;

import static fedexclient.recognise.ScriptedRuntime.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.FileRef;
import fedexclient.contract.Golden;
import fedexclient.contract.HeadFile;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.contract.Strictness;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
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

  /** Copies a golden bundle; its models are such that a hash and the first bytes are right. */
  private DeviceBundle bundle(String name) throws Exception {
    try (Stream<Path> files = Files.list(Golden.folder().resolve(name))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    for (String model : new String[] {"prefix", "head", "detector"}) {
      if (Files.exists(folder.resolve(model + ".tflite"))) {
        replace(model);
      }
    }
    return DeviceBundle.read(new BundleFolder(folder.toFile()));
  }

  private void replace(String model) throws Exception {
    Path file = folder.resolve(model + ".tflite");
    Path document = folder.resolve("bundle.json");
    String said = referring(Files.readAllBytes(document), Files.readAllBytes(file), scripted(model));
    Files.write(file, scripted(model));
    Files.write(document, said.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] scripted(String model) {
    return ("\0\0\0\0TFL3" + model).getBytes(StandardCharsets.UTF_8);
  }

  /** A document that refers to other bytes in place of some. */
  private static String referring(byte[] document, byte[] before, byte[] after) {
    return new String(document, StandardCharsets.UTF_8).replace(reference(before), reference(after));
  }

  private static String reference(byte[] data) {
    FileRef file = FileRef.of(data);
    return "\"sha256\":\"" + file.sha256() + "\",\"size\":" + file.size();
  }

  private BundleModels models(DeviceBundle bundle, ModelRuntime runtime) {
    return new BundleModels(bundle, ModelSource.folder(folder.toFile()), runtime, 1);
  }

  private static Pixels photo(int red, int green) throws PhotoException {
    return Pixels.ofRows(160, 160, (y, row) -> Arrays.fill(row, red << 16 | green << 8));
  }

  @Test
  void a_photo_is_answered_by_prefix_and_head() throws Exception {
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle"), runtime()), 2)) {
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
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle"), runtime()), 1)) {
      assertFalse(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
      recognizer.setStrictness(Strictness.STRICT);
      assertTrue(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
      recognizer.setStrictness(null);
      assertFalse(recognizer.recognise(photo(3, 4)).get(0).isUnknown());
    }
  }

  @Test
  void a_released_head_answers_from_the_next_photo_on() throws Exception {
    ScriptedRuntime runtime = runtime();
    BundleModels models = models(bundle("device-bundle"), runtime);
    byte[] head = scripted("released");
    byte[] golden = Golden.bytes("device-bundle/head.tflite");
    String document = referring(Golden.bytes("manifest.json"), golden, head);
    Manifest manifest = Manifest.parse(document.getBytes(StandardCharsets.UTF_8));
    HeadFile file = manifest.heads().get(Precision.FLOAT32);
    List<String> labels = List.of("one", "two");
    try (Recognizer recognizer = Recognizer.open(models, 1)) {
      recognizer.serve(models.releasedHead(ByteBuffer.wrap(head), file, manifest, labels));
      assertEquals(List.of("head"), runtime.closed);
      Answer answer = recognizer.recognise(photo(9, 4)).get(0);
      assertEquals("one", answer.results().get(0).label());
      assertEquals(manifest.serial(), answer.headSerial());
    }
    assertThrows(ModelRefusedException.class,
        () -> models.releasedHead(ByteBuffer.wrap(head), file, manifest, List.of("one")));
    assertThrows(ModelRefusedException.class,
        () -> models.releasedHead(ByteBuffer.wrap(golden), file, manifest, labels));
  }

  @Test
  void a_model_that_is_another_file_never_reaches_the_interpreter() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    ScriptedRuntime runtime = runtime();
    for (byte[] other : new byte[][] {scripted("Prefix"), scripted("prefix2"), new byte[0]}) {
      Files.write(folder.resolve("prefix.tflite"), other);
      ModelRefusedException error = assertThrows(ModelRefusedException.class,
          () -> Recognizer.open(models(bundle, runtime), 1));
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
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models, 1));
    assertTrue(runtime.opened.isEmpty());
  }

  @Test
  void models_that_take_or_give_something_else_are_refused_and_closed() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    TensorSpec grey = spec("photo", "uint8", 1L, 160L, 160L, 1L);
    TensorSpec three = spec("logits", "float32", 1L, 3L);
    ScriptedRuntime runtime = runtime().on("prefix", grey, FEATURE, taken -> new float[4]);
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models(bundle, runtime), 1));
    assertEquals(List.of("prefix"), runtime.closed);
    ScriptedRuntime other = runtime().on("head", FEATURE, three, taken -> new float[3]);
    assertThrows(ModelRefusedException.class, () -> Recognizer.open(models(bundle, other), 1));
    assertEquals(List.of("head", "prefix"), other.closed);
  }

  @Test
  void a_model_of_no_numbers_is_refused() throws Exception {
    DeviceBundle bundle = bundle("device-bundle");
    ScriptedRuntime prefix = runtime().on("prefix", PHOTO, FEATURE, taken -> new float[] {Float.NaN, 0, 0, 0});
    ScriptedRuntime head = runtime().on("head", FEATURE, LOGITS, taken -> new float[] {0, Float.POSITIVE_INFINITY});
    for (ScriptedRuntime runtime : new ScriptedRuntime[] {prefix, head}) {
      try (Recognizer recognizer = Recognizer.open(models(bundle, runtime), 1)) {
        assertThrows(ModelRefusedException.class, () -> recognizer.recognise(photo(1, 2)));
      }
    }
  }

  @Test
  void a_photo_without_a_face_has_no_answer() throws Exception {
    TensorSpec rows = spec("faces", "float32", 1L, 1L, 17L);
    TensorSpec square = spec("photo", "uint8", 1L, 256L, 256L, 3L);
    ScriptedRuntime runtime = runtime().on("detector", square, rows, taken -> new float[17]);
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-faces"), runtime), 1)) {
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
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-tensor"), runtime), 1)) {
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
    try (Recognizer recognizer = Recognizer.open(models(bundle("device-bundle-tensor"), runtime), 1)) {
      assertThrows(TensorException.class, () -> recognizer.recogniseTensor(new byte[8000]));
    }
  }
}
