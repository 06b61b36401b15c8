package fedexclient.push;

import fedexclient.cache.Cache;
import fedexclient.contract.Codec;
import fedexclient.service.Stop;
import java.io.File;
import java.nio.file.Path;
import java.util.Set;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** Pushes once, and halts at a step, as a kill would; run by {@link KilledPushTest} in a JVM of its own. */
@RunWith(RobolectricTestRunner.class)
public class PushingProcess {
  static final String FILE = "fedex.killed.file";
  static final String FOLDER = "fedex.killed.folder";

  /** Never, where there is no such step. */
  static final String HALTS_AT = "fedex.killed.halts.at";

  static final int HALTED = 9;

  /** Several uploads. */
  static final UploadForm FORM = new UploadForm(Codec.INT8, 4, 32 << 20);

  private static final long SLOW_MS = 15;

  /** The second time that a step is reached, some of the uploads are on their way. */
  private int reached;

  @Test
  public void push() throws Exception {
    String haltsAt = System.getProperty(HALTS_AT);
    PushStep.Observer halting = step -> {
      if (step.name().equals(haltsAt) && ++reached == 2) {
        Runtime.getRuntime().halt(HALTED);
      }
    };
    FolderService service = new FolderService(Path.of(System.getProperty(FOLDER)), SLOW_MS);
    try (Cache cache = Cache.open(new File(System.getProperty(FILE)), 1000)) {
      Outbox outbox = new Outbox(cache, PushTestCase.OWN, FORM, System::currentTimeMillis, halting);
      new Sender().push(outbox, service, Set.of(), new Stop());
    }
  }
}
