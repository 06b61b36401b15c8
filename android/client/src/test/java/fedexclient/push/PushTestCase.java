package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.Entries;
import fedexclient.cache.NewFeedback;
import fedexclient.cache.Outside;
import fedexclient.cache.SealedAs;
import fedexclient.cache.UploadStatus;
import fedexclient.contract.Codec;
import fedexclient.contract.FeatureShape;
import fedexclient.service.Stop;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.Rule;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** A cache, what is put into it, and a scripted service to push to. */
@RunWith(RobolectricTestRunner.class)
public abstract class PushTestCase {
  static final SealedAs OWN = new SealedAs("family@0123456789abcdef", "d".repeat(16));
  static final UploadForm EXACT = new UploadForm(Codec.FLOAT32, 256, 32 << 20);
  static final int WIDTH = 8;

  /** Nobody becomes another device here. */
  static final Staying ALONE = () -> () -> {};

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  final ScriptedService service = new ScriptedService();

  File file() {
    return new File(temporary.getRoot(), "home/cache.sqlite3");
  }

  Cache open() throws CacheException {
    return Cache.open(file(), 1000);
  }

  static Outbox outbox(Cache cache, UploadForm form) {
    return new Outbox(cache, OWN, form, System::currentTimeMillis, ALONE);
  }

  static float[] constant(float value) {
    float[] feature = new float[WIDTH];
    Arrays.fill(feature, value);
    return feature;
  }

  /** Keeps an inference of a photo of its own for each label, and gives it the label. */
  void give(int firstPhoto, String... labels) throws Exception {
    for (int number = 0; number < labels.length; number++) {
      give(firstPhoto + number, labels[number], constant(1 + number), "");
    }
  }

  /** What an earlier version may have put into the cache too. */
  void give(int photo, String label, float[] feature, String origin) throws Exception {
    try (Cache cache = open()) {
      give(cache, photo, label, feature, origin);
    }
    Outside.passSelfTests(file());
  }

  /** The same, in an open cache; nothing is tested. */
  static void give(Cache cache, int photo, String label, float[] feature, String origin) throws Exception {
    long space = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(WIDTH));
    long inference = cache.inferences().add(Entries.inference(photo, feature, Entries.COMPUTED_BY), space);
    cache.feedback().add(NewFeedback.correcting(inference, label, origin, 0));
  }

  PushReport push() throws Exception {
    return push(EXACT);
  }

  PushReport push(UploadForm form) throws Exception {
    try (Cache cache = open()) {
      return push(outbox(cache, form));
    }
  }

  PushReport push(Outbox outbox) throws Exception {
    return new Sender().push(outbox, service, Set.of(), new Stop());
  }

  /** The uploads that are not acknowledged: samples and state of each. */
  List<String> unfinished() throws Exception {
    List<String> unfinished = new ArrayList<>();
    try (Cache cache = open()) {
      for (UploadStatus one : cache.uploads().unfinished()) {
        unfinished.add(one.samples() + " " + one.state());
      }
    }
    return unfinished;
  }

  static void assertDidNothing(PushReport report) {
    assertEquals("0 uploads of 0 samples, 0 bytes; refused 0, left out 0", report.toString());
  }
}
