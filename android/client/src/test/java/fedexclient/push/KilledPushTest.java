package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.Cache;
import fedexclient.cache.Entries;
import fedexclient.cache.Outside;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.Sample;
import fedexclient.contract.Sha256;
import fedexclient.contract.UploadReader;
import fedexclient.service.Stop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.Before;
import org.junit.Test;

/** A push whose JVM is killed at any instant and that is run again: every sample arrives, and counts once. */
public class KilledPushTest extends KilledPushTestCase {
  private static final int KILLS = 3;
  private static final FeatureShape SHAPE = shape();

  private FolderService folder;

  private static FeatureShape shape() {
    try {
      return FeatureShape.of(WIDTH);
    } catch (Exception error) {
      throw new AssertionError(error);
    }
  }

  @Before
  public void prepare() throws Exception {
    folder = new FolderService(temporary.newFolder("service").toPath(), 0);
    try (Cache cache = open()) {
      giveMuch(cache, Entries.SPACE, SHAPE);
    }
    Outside.passSelfTests(file());
  }

  @Override
  Map<String, String> service() {
    return Map.of(PushingProcess.FOLDER, temporary.getRoot() + "/service");
  }

  @Test
  public void halted_before_anything_is_kept_it_is_sealed_anew() throws Exception {
    haltAt(PushStep.CHOSEN);
    assertEquals(List.of(), waiting());
    assertAllArrives();
  }

  @Test
  public void halted_before_it_is_sent_the_same_bytes_are_sent() throws Exception {
    haltAt(PushStep.SEALED);
    assertTheSameBytesArrive(1);
  }

  @Test
  public void halted_after_it_was_acknowledged_the_same_bytes_are_sent_again() throws Exception {
    haltAt(PushStep.SENT);
    assertTheSameBytesArrive(2);
  }

  @Test
  public void halted_when_the_acknowledgement_is_kept_it_is_not_sent_again() throws Exception {
    haltAt(PushStep.ACKNOWLEDGED);
    assertEquals(List.of(), waiting());
    assertEquals(2, folder.asked());
    assertAllArrives();
    assertEquals(PHOTOS / PushingProcess.FORM.maxSamples() + 1, folder.asked());
  }

  private void assertTheSameBytesArrive(int asked) throws Exception {
    List<String> waiting = waiting();
    assertEquals(1, waiting.size());
    assertEquals(asked, folder.asked());
    assertAllArrives();
    Set<String> arrived = new HashSet<>();
    for (byte[] body : folder.bodies()) {
      arrived.add(Sha256.hexDigits(body));
    }
    assertTrue(arrived.contains(waiting.get(0)));
  }

  /** The bytes of each upload that waits. */
  private List<String> waiting() throws Exception {
    return Outside.rows(file(), "SELECT body FROM uploads WHERE state = 'waiting'");
  }

  @Test
  public void killed_at_any_instant_it_goes_on_where_it_was() throws Exception {
    for (int kill = 0; kill < KILLS; kill++) {
      killOnItsWay();
      give(PHOTOS + kill, "Zoe");
      give(kill, "Cleo " + kill); // feedback on what may be on its way
    }
    assertAllCounts();
  }

  private void give(int photo, String label) throws Exception {
    try (Cache cache = open()) {
      giveOne(cache, photo, label, Entries.SPACE, SHAPE);
    }
  }

  /** Runs it again; each sample is in one upload, once. */
  private void assertAllArrives() throws Exception {
    give(PHOTOS, "Zoe");
    assertAllCounts();
    assertEquals(given.size(), samples().size());
  }

  /** Runs it again; what counts of each sample is the last feedback on it, and no feedback came in two uploads. */
  private void assertAllCounts() throws Exception {
    try (Cache cache = open()) {
      assertNull(cache.setAside());
      assertNull(new Sender().push(outbox(cache, PushingProcess.FORM), folder, Set.of(), new Stop()).problem());
      assertDidNothing(new Sender().push(outbox(cache, PushingProcess.FORM), folder, Set.of(), new Stop()));
    }
    assertEquals(List.of(), unfinished());
    Map<String, Sample> counting = new HashMap<>();
    Set<Long> revisions = new HashSet<>();
    for (Sample sample : samples()) {
      assertTrue(revisions.add(sample.revision()), "revision " + sample.revision() + " came twice");
      counting.merge(Sha256.hexDigits(sample.id()), sample,
          (one, other) -> one.revision() > other.revision() ? one : other);
    }
    Map<Integer, String> counted = new TreeMap<>();
    counting.values().forEach(sample -> counted.put(photoOf(sample), sample.label()));
    assertEquals(given, counted);
  }

  private List<Sample> samples() throws Exception {
    List<Sample> samples = new ArrayList<>();
    for (byte[] body : folder.bodies()) {
      samples.addAll(UploadReader.open(body).samples());
    }
    return samples;
  }

  /** Its number is in the last bytes of its id. */
  private static int photoOf(Sample sample) {
    byte[] id = sample.id();
    return (id[14] & 0xff) << 8 | id[15] & 0xff;
  }
}
