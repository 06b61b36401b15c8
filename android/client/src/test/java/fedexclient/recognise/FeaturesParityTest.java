package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Tensor;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * From a photo's pixels to features and answers: as the Python device has them.
 *
 * <p>With a prefix of float32, whose numbers do not hang on who computes them, over all photos. One of dynamic range
 * rounds the inputs of its layers, so that a pixel's rounding may be a step in them, and runtimes do so each in their
 * own way; as it takes seconds a face, it sees each 40th photo, or as the property fedex.every says.
 */
class FeaturesParityTest {
  private static final double MEAN = 0.999;
  private static final double MEAN_OF_DYNAMIC_RANGE = 0.997;
  private static final double ANSWERS = 0.995;
  private static final double ANSWERS_OF_DYNAMIC_RANGE = 0.98;
  private static final int EVERY = Integer.getInteger("fedex.every", 40);

  @Test
  void features_of_all_photos_agree_where_kernels_do_not_matter() throws Exception {
    Fixture fixture = Fixture.requireFloats();
    Map<Integer, List<Answer>> answers = answers(fixture, new TfliteRuntime(), 1);
    agreement("float32, x86-64", fixture, answers, fixture.expected()).check(MEAN, ANSWERS);
  }

  @Test
  void features_of_an_exported_prefix_agree() throws Exception {
    Fixture fixture = Fixture.require();
    Map<Integer, List<Answer>> answers = answers(fixture, new TfliteRuntime(), EVERY);
    agreement("dynamic range, x86-64", fixture, answers, fixture.expected())
        .check(MEAN_OF_DYNAMIC_RANGE, ANSWERS_OF_DYNAMIC_RANGE);
  }

  @Test
  void features_of_an_exported_prefix_agree_on_arm64() throws Exception {
    Fixture fixture = Fixture.require();
    Map<Integer, List<Answer>> answers = answers(fixture, Arm64Runtime.require(), EVERY);
    agreement("dynamic range, arm64", fixture, answers, fixture.expected())
        .check(MEAN_OF_DYNAMIC_RANGE, ANSWERS_OF_DYNAMIC_RANGE);
  }

  /** One and the same input: a runtime's kernels alone make the difference. */
  @Test
  void arm64_computes_of_the_golden_input_what_x86_and_the_python_device_do() throws Exception {
    Fixture fixture = Fixture.require();
    Arm64Runtime arm64 = Arm64Runtime.require();
    int ppm = selfTest(fixture, arm64);
    assertTrue(ppm >= fixture.bundle().facts().leastCosinePpm(), ppm + " ppm");
    assertEquals(selfTest(fixture, new TfliteRuntime()), ppm, (1 - MEAN) * 1_000_000);
  }

  private static int selfTest(Fixture fixture, ModelRuntime runtime) throws Exception {
    try (Recognizer recognizer = Recognizer.open(fixture.models(runtime), null, 1)) {
      int ppm = recognizer.selfTest(Fixture.decode(new File(fixture.bundleFolder(), "golden-input.png")));
      System.out.println("golden input, " + runtime.name() + ": " + ppm + " ppm");
      return ppm;
    }
  }

  private static Map<Integer, List<Answer>> answers(Fixture fixture, ModelRuntime runtime, int every) throws Exception {
    Map<Integer, List<Answer>> answers = new TreeMap<>();
    List<Path> photos = fixture.photos();
    try (Recognizer recognizer = Recognizer.open(fixture.models(runtime), null, 1)) {
      for (int photo = 0; photo < photos.size(); photo += every) {
        answers.put(photo, recognizer.recognise(Fixture.decode(photos.get(photo).toFile())));
      }
    }
    return answers;
  }

  private static Agreement agreement(
      String what, Fixture fixture, Map<Integer, List<Answer>> answers, Map<String, Tensor> expected) throws Exception {
    Agreement agreement = new Agreement(expected, fixture.bundle().labels());
    answers.forEach(agreement::add);
    System.out.println(what + ": " + agreement);
    return agreement;
  }
}
