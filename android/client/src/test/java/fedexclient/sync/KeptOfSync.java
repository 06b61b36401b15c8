package fedexclient.sync;

import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/** Consent, and how pushes and pulls ended, as bytes that somebody may have changed. */
public final class KeptOfSync {
  private static final String ORIGIN = "family@0123456789abcdef0123456789abcdef";

  private KeptOfSync() {}

  public static byte[] consent(Path folder) throws Exception {
    new Consent(folder).give(1_800_000_000_000L, ORIGIN);
    return Files.readAllBytes(folder.resolve("consent.json"));
  }

  /** Reads whether there is consent; where there is, an upload is let begin. */
  public static void readConsent(Path folder, byte[] data) throws Exception {
    Files.write(folder.resolve("consent.json"), data);
    Consent consent = new Consent(folder);
    if (consent.givenMs(ORIGIN) != null) {
      consent.permit(new Stop(), ORIGIN).run();
    }
  }

  public static byte[] log(Path folder) throws Exception {
    SyncLog log = new SyncLog(folder);
    log.notePush(1_800_000_000_000L, 0, "TRY_LATER");
    log.notePull(1_800_000_000_001L, 3, null);
    return Files.readAllBytes(folder.resolve("sync.json"));
  }

  /** Reads a log, and goes on with it. */
  public static void readLog(Path folder, byte[] data) throws Exception {
    Files.write(folder.resolve("sync.json"), data);
    SyncLog log = new SyncLog(folder);
    log.push();
    log.pull();
    Round putOff = Round.run(Collections.singletonList(stop -> new TryLaterException("later", (Long) null)), new Stop());
    double waitS = log.waitS(putOff, SyncPolicy.USUAL, 0.5);
    if (!(waitS >= SyncPolicy.USUAL.intervalS() && waitS <= 4 * 3600)) {
      throw new AssertionError(waitS);
    }
  }
}
