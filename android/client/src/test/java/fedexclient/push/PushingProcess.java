package fedexclient.push;

import fedexclient.cache.Cache;
import fedexclient.cache.SealedAs;
import fedexclient.contract.Codec;
import fedexclient.contract.PublicKey;
import fedexclient.service.HttpService;
import fedexclient.service.Identity;
import fedexclient.service.Service;
import fedexclient.service.Stop;
import fedexclient.service.Transport;
import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** Pushes once, and halts at a step, as a kill would; run by tests in a JVM of its own. */
@RunWith(RobolectricTestRunner.class)
public class PushingProcess {
  static final String FILE = "fedex.killed.file";

  /** Of a {@link FolderService}; otherwise there is a device at a real service. */
  static final String FOLDER = "fedex.killed.folder";

  /** Never, where there is no such step. */
  static final String HALTS_AT = "fedex.killed.halts.at";

  static final int HALTED = 9;
  static final String SAID = "\nreached SEALED";

  /** Several uploads. */
  static final UploadForm FORM = new UploadForm(Codec.INT8, 4, 32 << 20);

  private static final String URL = "fedex.killed.url";
  private static final String DEVICE = "fedex.killed.device";
  private static final String TOKEN = "fedex.killed.token";
  private static final String GROUP = "fedex.killed.group";
  private static final String ORIGIN = "fedex.killed.origin";
  private static final long SLOW_MS = 15;

  /** The second time that a step is reached, some of the uploads are on their way. */
  private int reached;

  /** How a process is told who it is at a real service. */
  static Map<String, String> properties(Identity identity) {
    return Map.of(URL, identity.url(), DEVICE, identity.device(), TOKEN, identity.token(), GROUP, identity.group(),
        ORIGIN, identity.origin());
  }

  private static Identity identity() throws Exception {
    PublicKey none = PublicKey.of(new byte[PublicKey.BYTES]); // a push verifies nothing that is signed
    return new Identity(System.getProperty(URL), System.getProperty(DEVICE), System.getProperty(TOKEN),
        System.getProperty(GROUP), none, none, new byte[0], 0, false);
  }

  @Test
  public void push() throws Exception {
    String folder = System.getProperty(FOLDER);
    if (folder != null) {
      push(new FolderService(Path.of(folder), SLOW_MS), PushTestCase.OWN);
      return;
    }
    Identity identity = identity();
    try (Service service = HttpService.of(identity, identity.url(), Transport.standard(), new Stop())) {
      push(service, new SealedAs(System.getProperty(ORIGIN), identity.device()));
    }
  }

  private void push(Service service, SealedAs as) throws Exception {
    try (Cache cache = Cache.open(new File(System.getProperty(FILE)), 1000)) {
      Outbox outbox = new Outbox(cache, as, FORM, System::currentTimeMillis, PushTestCase.ALONE, this::reach);
      new Sender().push(outbox, service, Set.of(), new Stop());
    }
  }

  private void reach(PushStep step) {
    System.out.println("\nreached " + step);
    System.out.flush();
    if (step.name().equals(System.getProperty(HALTS_AT)) && ++reached == 2) {
      Runtime.getRuntime().halt(HALTED);
    }
  }
}
