package fedexclient.recognise;

import fedexclient.contract.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * From a photo's pixels to features and answers: as the Python device has them.
 *
 * <p>With a prefix of float32, whose numbers do not hang on who computes them, over all photos. With one of dynamic range
 * over each 40th, as that takes seconds a face, or as the property fedex.every says; runtimes round inputs of its layers
 * each in their own way.
 */
class FeaturesParityTest {
  private static final double MEAN = 0.999;
  private static final double ANSWERS = 0.995;

  /** Of ai-edge-litert, whose kernels are younger, and further off. */
  private static final double MEAN_OF_YOUNGER_KERNELS = 0.998;

  @Test
  void features_of_all_photos_agree_where_kernels_do_not_matter() throws Exception {
    Fixture fixture = Fixture.requireFloats();
    compare("float32, x86-64", fixture, new TfliteRuntime(), 1, fixture.expected(), MEAN);
  }

  @Test
  void features_of_an_exported_prefix_agree_on_x86() throws Exception {
    Fixture fixture = Fixture.require();
    compare("boards, x86-64", fixture, new TfliteRuntime(), every(), fixture.expectedOfBoards(), MEAN);
    compare("servers, x86-64", fixture, new TfliteRuntime(), every(), fixture.expected(), MEAN_OF_YOUNGER_KERNELS);
  }

  @Test
  void features_of_an_exported_prefix_agree_on_arm64() throws Exception {
    Fixture fixture = Fixture.require();
    Arm64Runtime arm64 = Arm64Runtime.require();
    compare("boards, arm64", fixture, arm64, every(), fixture.expectedOfBoards(), MEAN);
    compare("servers, arm64", fixture, arm64, every(), fixture.expected(), MEAN_OF_YOUNGER_KERNELS);
  }

  private static int every() {
    return Integer.getInteger("fedex.every", 40);
  }

  private static void compare(
      String what, Fixture fixture, ModelRuntime runtime, int every, Map<String, Tensor> expected, double leastMean)
      throws Exception {
    Agreement agreement = new Agreement(expected, fixture.bundle().labels());
    List<Path> photos = fixture.photos();
    try (Recognizer recognizer = Recognizer.open(fixture.models(runtime), null, 1)) {
      for (int photo = 0; photo < photos.size(); photo += every) {
        agreement.add(photo, recognizer.recognise(Fixture.decode(photos.get(photo).toFile())));
      }
    }
    System.out.println(what + ": " + agreement);
    agreement.check(leastMean, ANSWERS);
  }
}
