package fedexclient.keeping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import fedexclient.cache.BundleSetup;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Sample;
import fedexclient.contract.SampleIds;
import fedexclient.contract.Sha256;
import fedexclient.recognise.Pixels;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.Recognizer;
import fedexclient.recognise.ScriptedRecognizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.Before;
import org.junit.Test;
import org.robolectric.annotation.Config;

/** From a photo to a sample at the service, by what an app calls. */
@Config(sdk = {26, 34})
public class KeptPhotoTest extends KeepingTestCase {
  private static final int GOLDEN = 9;

  private Path folder;
  private DeviceBundle scripted;

  @Before
  public void copyBundle() throws Exception {
    folder = temporary.newFolder().toPath();
    scripted = ScriptedRecognizer.bundle(folder);
  }

  private static Pixels photo(int width, int red) {
    try {
      return Pixels.ofRows(width, width, (y, row) -> Arrays.fill(row, red << 16));
    } catch (RecogniseException error) {
      throw new AssertionError(error);
    }
  }

  /** What computes features on a phone; the photo that stands for the golden input gives a feature. */
  private Tester tester(Recognizer recognizer) {
    BundleSetup used = new SetupNames("app 1", "14", "Pixel 7 arm64-v8a").of(scripted, "scripted 1", 1);
    return new Tester() {
      @Override
      public BundleSetup used() {
        return used;
      }

      @Override
      public int run() throws RecogniseException {
        return recognizer.selfTest(KeptPhotoTest.photo(160, GOLDEN));
      }
    };
  }

  private KeptAnswer recognise(Recognizer recognizer, int red) throws Exception {
    Keeper keeper = new Keeper(() -> cache, scripted.facts(), tester(recognizer), () -> 7);
    return keeper.keep(photo(red), recognizer.recognise(photo(200, red))).get(0);
  }

  @Test
  public void a_photo_becomes_a_sample() throws Exception {
    try (Recognizer recognizer = ScriptedRecognizer.open(scripted, folder,
        first -> first == GOLDEN ? scripted.goldenFeature() : new float[] {first, 0, 0, 0})) {
      KeptAnswer kept = recognise(recognizer, 3);
      KeptFeedback feedback = new Feedback(cache, ORIGIN, () -> 8).agree(kept.inference());
      assertEquals(kept.answer().results().get(0).label(), feedback.label());
      assertNull(settle(tester(recognizer)));
    }
    assertEquals(1, push().samples());
    Sample sample = service.uploads.get(0).samples().get(0);
    assertEquals(scripted.labels().get(0), sample.label());
    assertArrayEquals(new float[] {3, 0, 0, 0}, sample.feature(), 1e-6f);
    assertArrayEquals(new SampleIds(cache.secret()).ofFile(Sha256.of(new byte[] {3})), sample.id());
    assertEquals(List.of(SetupNames.LIBRARY + ", app 1 1000000"), tested());
    assertEquals(scripted.facts().space(), service.uploads.get(0).space());
  }

  @Test
  public void of_models_that_compute_something_else_nothing_arrives() throws Exception {
    try (Recognizer recognizer = ScriptedRecognizer.open(scripted, folder, first -> new float[] {first, 0, 0, -1})) {
      new Feedback(cache, ORIGIN, () -> 8).agree(recognise(recognizer, 3).inference());
      assertInstanceOf(KeptBackException.class, settle(tester(recognizer)));
    }
    assertEquals(0, push().samples());
  }
}
