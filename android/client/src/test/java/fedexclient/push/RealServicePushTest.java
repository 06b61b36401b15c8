package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import fedexclient.Missing;
import fedexclient.cache.Cache;
import fedexclient.cache.LabelledSample;
import fedexclient.cache.Outside;
import fedexclient.cache.SealedAs;
import fedexclient.cache.UnsealedFeedback;
import fedexclient.contract.BundleFacts;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.Golden;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Sha256;
import fedexclient.service.HttpService;
import fedexclient.service.Identity;
import fedexclient.service.Service;
import fedexclient.service.Stop;
import fedexclient.service.Transport;
import java.io.File;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.Before;
import org.junit.Test;

/**
 * Pushes to the real service, over HTTP, in JVMs that are halted at each step and killed: what it then has in its
 * dataset is compared with what was given here ({@code java_pushed.py}).
 */
public class RealServicePushTest extends KilledPushTestCase {
  private static final File TOLD =
      new File(System.getProperty("fedex.service", "../../build/android-service/service.json"));
  private static final int KILLS = 2;

  private final Map<Long, Map<String, Object>> pushed = new LinkedHashMap<>();
  private Identity identity;
  private BundleFacts facts;

  @Before
  public void enrol() throws Exception {
    Missing.unless(TOLD.exists(), "no service runs beside the tests: make install, then make test-android");
    Map<?, ?> told = (Map<?, ?>) JsonReader.read(Files.readAllBytes(TOLD.toPath()), "service.json", 1 << 20);
    String code = (String) ((Map<?, ?>) told.get("codes")).get("family");
    String url = (String) told.get("url");
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    try (Service service = HttpService.toEnrol(url, Transport.standard(), new Stop())) {
      EnrolmentReply reply = service.enrol(code, secret);
      identity = new Identity(
          url, reply.device(), reply.token(), reply.group(), reply.key(), reply.key(), secret, 0, false);
    }
    facts = DeviceBundle.read(new BundleFolder(Golden.folder().resolve("device-bundle").toFile())).facts();
  }

  @Override
  Map<String, String> service() {
    return PushingProcess.properties(identity);
  }

  private SealedAs as() {
    return new SealedAs(identity.origin(), identity.device());
  }

  @Test
  public void killed_anywhere_the_service_has_each_sample_once() throws Exception {
    try (Cache cache = open()) {
      giveMuch(cache, facts.space(), facts.shape());
      note(cache);
    }
    Outside.passSelfTests(file());
    for (PushStep step : PushStep.values()) {
      haltAt(step);
    }
    for (int kill = 0; kill < KILLS; kill++) {
      giveMore(kill);
      killOnItsWay();
    }
    giveMore(KILLS);
    pushTheRest();
    tell();
  }

  /** A photo that was not there yet, and another label for one that may be on its way. */
  private void giveMore(int number) throws Exception {
    try (Cache cache = open()) {
      giveOne(cache, PHOTOS + number, "Zoe", facts.space(), facts.shape());
      giveOne(cache, number, "Cleo " + number, facts.space(), facts.shape());
      note(cache);
    }
  }

  /** Notes what is about to be sent, by its revision. */
  private void note(Cache cache) throws Exception {
    Outside.passSelfTests(file());
    List<Long> revisions = new ArrayList<>();
    for (UnsealedFeedback one : cache.feedback().unsealed(identity.origin())) {
      revisions.add(one.revision());
    }
    for (LabelledSample one : cache.feedback().samples(revisions)) {
      List<Double> feature = new ArrayList<>();
      for (float value : one.feature()) {
        feature.add((double) value);
      }
      pushed.put(one.revision(),
          Map.of("id", Sha256.hexDigits(one.sampleId()), "label", one.label(), "feature", feature));
    }
  }

  private void pushTheRest() throws Exception {
    try (Service service = HttpService.of(identity, identity.url(), Transport.standard(), new Stop());
        Cache cache = open()) {
      Outbox outbox = new Outbox(cache, as(), PushingProcess.FORM, System::currentTimeMillis, PushTestCase.ALONE);
      assertNull(new Sender().push(outbox, service, Set.of(), new Stop()).problem());
      assertDidNothing(new Sender().push(outbox, service, Set.of(), new Stop()));
    }
    assertEquals(List.of(), unfinished());
  }

  /** Writes what the service must have: of each sample the last. */
  private void tell() throws Exception {
    Map<Object, Object> last = new LinkedHashMap<>();
    pushed.forEach((revision, sample) -> last.put(sample.get("id"), sample));
    assertEquals(given.size(), last.size());
    byte[] document = JsonWriter.sorted(Map.of("device", identity.device(), "group", identity.group(), "space",
        facts.space(), "kills", (long) (PushStep.values().length + KILLS), "samples", new ArrayList<>(last.values())));
    Files.write(new File(TOLD.getParentFile(), "pushed.json").toPath(), document);
  }
}
