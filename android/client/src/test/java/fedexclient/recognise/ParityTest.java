package fedexclient.recognise;

import static org.junit.Assert.assertEquals;
import static org.junit.Assume.assumeTrue;

import fedexclient.Missing;
import fedexclient.contract.Tensor;
import fedexclient.photos.PhotoDecoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.GraphicsMode;

/**
 * From a photo's file to features and answers, over all photos: Android's decoders, faces, an exported prefix of
 * dynamic range, its head.
 *
 * <p>TensorFlow Lite is the one for Linux: that of an APK cannot be in one process with Android's decoders.
 */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public class ParityTest {
  private static final double MEAN = 0.999;
  /** Of ai-edge-litert 2.3, whose kernels round the inputs of layers otherwise: its features of the same pixels. */
  private static final double MEAN_OF_OTHER_KERNELS = 0.998;
  private static final double ANSWERS = 0.995;

  @Before
  public void photos_are_there() {
    Missing.unless(Fixture.isThere(), Fixture.MISSING);
  }

  @Test
  public void features_and_answers_of_all_photos_are_the_python_devices_by_either_of_its_runtimes() throws Exception {
    Fixture fixture = Fixture.here();
    List<List<Answer>> answers = recognise(fixture);
    check("dynamic range, as by ai-edge-litert", fixture, answers, fixture.expected(), MEAN_OF_OTHER_KERNELS);
    Map<String, Tensor> boards = fixture.expectedOnBoards();
    assumeTrue("no tflite-runtime for this Python", boards != null);
    check("dynamic range, as on boards", fixture, answers, boards, MEAN);
  }

  @Test
  public void features_and_answers_of_all_photos_are_the_python_devices_by_a_prefix_of_float32() throws Exception {
    Fixture fixture = Fixture.here().withFloats();
    check("float32", fixture, recognise(fixture), fixture.expected(), MEAN);
  }

  private static List<List<Answer>> recognise(Fixture fixture) throws Exception {
    PhotoDecoder decoder = new PhotoDecoder();
    List<List<Answer>> answers = new ArrayList<>();
    try (Recognizer recognizer = Recognizer.open(fixture.models(new DesktopRuntime()), null, 1)) {
      for (Path photo : fixture.photos()) {
        answers.add(recognizer.recognise(decoder.decode(photo.toFile()).pixels()));
      }
    }
    assertEquals(200, answers.size());
    return answers;
  }

  private static void check(String what, Fixture fixture, List<List<Answer>> answers, Map<String, Tensor> expected,
      double mean) throws Exception {
    Agreement agreement = new Agreement(expected, fixture.bundle().labels());
    for (int photo = 0; photo < answers.size(); photo++) {
      agreement.add(photo, answers.get(photo));
    }
    System.out.println("from files, " + what + ": " + agreement);
    agreement.check(mean, ANSWERS);
  }
}
