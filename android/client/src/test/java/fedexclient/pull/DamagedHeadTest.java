package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.recognise.ApkTflite;
import fedexclient.recognise.Serving;
import fedexclient.recognise.TfliteRuntime;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Heads that were damaged before they were hashed and signed, tried by the exact library of an APK in a process of its
 * own: whatever becomes of that, the head that is installed stays and serves.
 *
 * <p>{@code head.tflite} is {@code tests/device/tiny.py}'s: class k is 5 times feature k, of 4 features and 2 classes.
 */
class DamagedHeadTest {
  private static final int DAMAGES = 200;
  private static final long SEED = 20_200_303;
  private static final List<String> LABELS = List.of("Ada", "Ben");

  @TempDir Path folder;

  private final Random random = new Random(SEED);
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private Scene scene;
  private TrialChild.Trial trial;
  private byte[] head;

  @BeforeEach
  void installAHead() throws Exception {
    ApkTflite.require();
    scene = new Scene(folder);
    trial = new TrialChild.Trial(folder, scene.bundle.facts().shape(), scene.bundle.golden());
    scene.trial = trial;
    try (InputStream stream = DamagedHeadTest.class.getResourceAsStream("head.tflite")) {
      head = stream.readAllBytes();
    }
    scene.release(head, 1, LABELS).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  @AfterEach
  void endTheChild() {
    if (trial != null) {
      trial.close();
    }
  }

  @Test
  void whatever_a_damaged_head_does_the_one_that_is_installed_stays_and_serves() throws Exception {
    long good = 1;
    long serial = 1;
    for (int number = 0; number < DAMAGES; number++) {
      byte[] damaged = damaged();
      scene.release(damaged, ++serial, LABELS).publish(scene.service);
      if (isInstalled()) { // it answers the golden sample as it should, by the child's word
        scene.release(head, ++serial, LABELS).publish(scene.service);
        assertEquals(serial, scene.pull().serial());
        good = serial;
      }
      assertEquals(good, scene.heads.manifest(scene.heads.entries().get(0)).serial());
      assertTrue(Files.exists(scene.object(head)));
      if (number % 20 == 0) {
        assertServes(good);
      }
    }
    assertServes(good);
    assertTrue(outcomes.get("refused") > DAMAGES / 4, outcomes::toString);
  }

  private boolean isInstalled() throws Exception {
    try {
      assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
      note("installed");
      return true;
    } catch (HeadRefusedException refused) {
      note(refused.getMessage().contains("crashed") ? "crashed" : "refused");
      return false;
    }
  }

  private void note(String outcome) {
    outcomes.merge(outcome, 1, Integer::sum);
  }

  private void assertServes(long serial) throws Exception {
    try (Serving serving = new Serving(scene.bundle, scene.bundleFolder, new TfliteRuntime(), scene.heads)) {
      assertEquals(serial, serving.serial());
      assertTrue(serving.warnings().isEmpty(), serving.warnings()::toString);
      float[] golden = scene.bundle.golden();
      assertArrayEquals(Release.expected(golden, 2, 5), serving.logits(golden), 1e-4f);
    }
  }

  /** A head with bytes flipped, numbers put in, parts zeroed, moved, cut off or added; no two are the same. */
  private byte[] damaged() {
    byte[] damaged = head.clone();
    int from = 8 + random.nextInt(head.length - 16);
    switch (random.nextInt(6)) {
      case 0:
        for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
          damaged[8 + random.nextInt(head.length - 8)] ^= (byte) (1 << random.nextInt(8));
        }
        break;
      case 1:
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(from & ~3, random.nextInt());
        break;
      case 2:
        int small = random.nextInt(64) - 32; // as of an offset or a length
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(from & ~3, small);
        break;
      case 3:
        Arrays.fill(damaged, from, from + 1 + random.nextInt(head.length - from), (byte) 0);
        break;
      case 4:
        System.arraycopy(head, from, damaged, 8, Math.min(64, head.length - from));
        break;
      default:
        damaged = Arrays.copyOf(head, from);
    }
    return Arrays.equals(damaged, head) ? damaged() : damaged;
  }

  /** The library took 200 damages without a crash, so that one is put in: by a word behind the model. */
  @ParameterizedTest
  @ValueSource(strings = {TrialChild.DIES, TrialChild.HANGS, TrialChild.LIES})
  void a_head_that_crashes_the_process_is_not_tried_again_and_the_next_release_is(String how) throws Exception {
    byte[] crashing = Arrays.copyOf(head, head.length + how.length());
    System.arraycopy(how.getBytes(StandardCharsets.US_ASCII), 0, crashing, head.length, how.length());
    scene.release(crashing, 2, LABELS).publish(scene.service);
    for (int time = 0; time < 3; time++) {
      assertTrue(assertThrows(HeadRefusedException.class, scene::pull).getMessage().contains("refused: crashed"));
      assertServes(1);
    }
    assertEquals(2, trial.started);
    assertEquals(1, scene.service.asked(crashing));
    scene.release(head, 3, LABELS).with("threshold", 0.25).publish(scene.service);
    assertEquals(new PullReport(PullOutcome.INSTALLED, 3, 0), scene.pull());
    assertEquals(3, trial.started);
    assertServes(3);
  }
}
