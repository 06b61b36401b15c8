package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.FeatureShape;
import fedexclient.contract.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.Test;

/** The dump of a cache that the first version of the Python device wrote is opened and used, its tables not STRICT. */
public class Version1Test extends CacheTestCase {
  private static final String ROOT = System.getProperty("fedex.root", "../..");
  private static final SealedAs OWN = new SealedAs("family@0123456789abcdef", "d".repeat(16));

  @Before
  public void restore() throws Exception {
    List<String> statements = new ArrayList<>();
    StringBuilder statement = new StringBuilder();
    for (String line : Files.readAllLines(Paths.get(ROOT, "tests/device/cache/version1.sql"), StandardCharsets.UTF_8)) {
      statement.append(line.startsWith("--") ? "" : line + "\n");
      if (line.endsWith(";")) {
        statements.add(SchemaTest.plain(statement.toString()).trim());
        statement.setLength(0);
      }
    }
    statements.removeIf(one -> one.startsWith("BEGIN") || one.startsWith("COMMIT"));
    Outside.run(file(), statements);
  }

  @Test
  public void it_holds_what_was_put_into_it() throws Exception {
    try (Cache cache = open()) {
      assertNull(cache.setAside());
      for (int index = 0; index < 32; index++) {
        assertEquals(index, cache.secret()[index]);
      }
      assertEquals(6, cache.inferences().count());
      StoredInference fourth = cache.inferences().get(4);
      assertTrue(fourth.isUnknown());
      assertEquals(List.of(3L, 1004L), List.of(fourth.headSerial(), fourth.takenMs()));
      assertEquals("[Ada 0.75, Zo\u00eb 0.25]", fourth.results().toString());
      assertEquals(1, cache.uploads().countAcknowledgedSamples());
      List<UploadStatus> unfinished = cache.uploads().unfinished();
      assertEquals(2, unfinished.size());
      assertEquals(UploadState.REFUSED, unfinished.get(0).state());
      assertEquals("PUT here: 422 expected this, got that", unfinished.get(0).problem());
      assertEquals(UploadState.WAITING, unfinished.get(1).state());
      assertEquals("PUT here: 503", unfinished.get(1).problem());
    }
  }

  @Test
  public void its_upload_is_sent_as_it_was_sealed_and_what_waits_can_be_sealed() throws Exception {
    try (Cache cache = open()) {
      String unsent = cache.uploads().unsent(OWN).keySet().iterator().next();
      assertEquals(unsent, Sha256.hex(cache.uploads().findWaiting(unsent).body()));
      cache.uploads().acknowledge(unsent);
      List<UnsealedFeedback> unsealed = cache.feedback().unsealed(OWN.origin());
      assertEquals(1, unsealed.size());
      LabelledSample sample = cache.feedback().samples(List.of(unsealed.get(0).revision())).get(0);
      assertEquals("Zo\u00eb", sample.label());
      assertArrayEquals(new float[] {0, 4, 8, 12}, sample.feature());
      cache.uploads().retryRefused(OWN);
      assertEquals(1, cache.uploads().unsent(OWN).size());
    }
  }

  @Test
  public void ids_and_revisions_go_on_rising() throws Exception {
    try (Cache cache = open()) {
      long key = cache.inferences().spaceKey("a".repeat(64), FeatureShape.of(2, 2));
      assertEquals(1, key);
      assertEquals(7, cache.inferences().add(Entries.inference(1), key));
      assertEquals(7, cache.feedback().add(Entries.feedback(7)));
    }
  }
}
