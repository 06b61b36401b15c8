package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.Test;

public class UploadTableTest extends CacheTestCase {
  private static final String ID = "f".repeat(64);
  private static final String DEVICE = "d".repeat(16);
  private static final byte[] BODY = "body".getBytes(StandardCharsets.US_ASCII);
  private static final SealedAs OWN = new SealedAs("home@key", DEVICE);
  private static final SealedAs OTHER_DEVICE = new SealedAs("home@key", "e".repeat(16));
  private static final SealedAs OTHER_GROUP = new SealedAs("work@key", DEVICE);

  /** Opens a cache of three inferences, each with feedback. */
  private Cache openWithFeedback(int maxUnfed) throws Exception {
    Cache cache = Cache.open(file(), maxUnfed);
    for (int number = 0; number < 3; number++) {
      cache.feedback().add(Entries.feedback(Entries.add(cache, number)));
    }
    Outside.passSelfTests(file());
    return cache;
  }

  private static boolean seal(Cache cache) throws CacheException {
    return cache.uploads().add(new SealedUpload(ID, Entries.SPACE, 2, BODY), List.of(1L, 2L), OWN, 7);
  }

  private static void assertOnlyOneIs(UploadState state, String problem, Cache cache) throws CacheException {
    assertEquals(1, cache.uploads().unfinished().size());
    UploadStatus one = cache.uploads().unfinished().get(0);
    assertEquals(List.of(ID, Entries.SPACE, DEVICE), List.of(one.id(), one.space(), one.device()));
    assertEquals(List.of(2, 4), List.of(one.samples(), one.size()));
    assertEquals(state, one.state());
    assertEquals(problem, one.problem());
  }

  @Test
  public void an_upload_and_the_marks_of_its_feedback_are_one_transaction() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      Outside.change(file(), "CREATE TRIGGER broken BEFORE UPDATE ON feedback BEGIN SELECT raise(ABORT, 'no'); END");
      assertThrows(CacheException.class, () -> seal(cache));
      assertEquals(0, cache.uploads().unfinished().size());
      Outside.change(file(), "DROP TRIGGER broken");
      assertTrue(seal(cache));
      assertOnlyOneIs(UploadState.WAITING, null, cache);
    }
    assertEquals(
        List.of("1|" + ID, "2|" + ID, "3|null"), Outside.rows(file(), "SELECT revision, upload FROM feedback"));
  }

  @Test
  public void feedback_that_is_sealed_already_or_gone_is_not_sealed_again() throws Exception {
    SealedUpload other = new SealedUpload("e".repeat(64), Entries.SPACE, 2, BODY);
    try (Cache cache = openWithFeedback(10)) {
      assertTrue(seal(cache));
      for (List<Long> revisions : List.of(List.of(1L, 2L), List.of(2L, 3L), List.of(3L, 4L))) {
        assertFalse(cache.uploads().add(other, revisions, OWN, 8));
        assertEquals(Map.of(ID, Entries.SPACE), cache.uploads().unsent(OWN));
      }
    }
  }

  @Test
  public void an_upload_is_listed_for_the_device_and_group_that_it_was_sealed_for() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      seal(cache);
      assertEquals(Map.of(ID, Entries.SPACE), cache.uploads().unsent(OWN));
      assertEquals(Map.of(), cache.uploads().unsent(OTHER_DEVICE));
      assertEquals(Map.of(), cache.uploads().unsent(OTHER_GROUP));
      SealedUpload found = cache.uploads().findWaiting(ID);
      assertEquals(List.of(ID, Entries.SPACE), List.of(found.id(), found.space()));
      assertEquals(2, found.samples());
      assertArrayEquals(BODY, found.body());
      assertNull(cache.uploads().findWaiting("e".repeat(64)));
      assertEquals(0, cache.uploads().sealedBefore(7, OWN).size());
      assertEquals(0, cache.uploads().sealedBefore(8, OTHER_GROUP).size());
      assertEquals(ID, cache.uploads().sealedBefore(8, OWN).get(0).id());
      assertEquals(2, cache.uploads().sealedBefore(8, OWN).get(0).samples());
    }
  }

  @Test
  public void an_acknowledged_upload_drops_its_body_and_lets_its_features_go() throws Exception {
    try (Cache cache = openWithFeedback(1)) {
      seal(cache);
      cache.uploads().acknowledge(ID);
      assertNull(cache.uploads().findWaiting(ID));
      assertEquals(0, cache.uploads().unfinished().size());
      assertEquals(2, cache.uploads().countAcknowledgedSamples());
      Entries.add(cache, 9);
    }
    assertEquals(List.of("acknowledged|null"), Outside.rows(file(), "SELECT state, body FROM uploads"));
    assertEquals(List.of("3", "4"), Outside.rows(file(), "SELECT id FROM inferences"));
  }

  @Test
  public void features_stay_while_other_feedback_on_them_is_not_acknowledged() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      cache.feedback().add(Entries.feedback(1, "Ben", ""));
      seal(cache);
      cache.uploads().acknowledge(ID);
    }
    assertEquals(List.of("1|1", "2|0", "3|1"), Outside.rows(file(), "SELECT id, waiting FROM inferences"));
  }

  @Test
  public void an_upload_that_is_set_aside_waits_again_when_it_is_told_to() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      seal(cache);
      cache.uploads().note(ID, "busy");
      assertOnlyOneIs(UploadState.WAITING, "busy", cache);
      cache.uploads().setAside(ID, "no");
      assertEquals(Map.of(), cache.uploads().unsent(OWN));
      assertNull(cache.uploads().findWaiting(ID));
      assertOnlyOneIs(UploadState.REFUSED, "no", cache);
      cache.uploads().retryRefused(OTHER_DEVICE);
      assertEquals(Map.of(), cache.uploads().unsent(OWN));
      cache.uploads().retryRefused(OWN);
      assertEquals(Map.of(ID, Entries.SPACE), cache.uploads().unsent(OWN));
    }
  }

  @Test
  public void what_is_acknowledged_is_neither_noted_nor_set_aside() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      seal(cache);
      cache.uploads().acknowledge(ID);
      cache.uploads().note(ID, "late");
      cache.uploads().setAside(ID, "late");
      cache.uploads().retryRefused(OWN);
      assertFalse(cache.uploads().takeApart(ID, 2));
      assertEquals(0, cache.uploads().unfinished().size());
      assertEquals(2, cache.uploads().countAcknowledgedSamples());
    }
  }

  @Test
  public void an_upload_that_is_taken_apart_leaves_its_feedback_in_no_upload() throws Exception {
    try (Cache cache = openWithFeedback(10)) {
      seal(cache);
      assertFalse(cache.uploads().takeApart(ID, 3));
      assertEquals(Map.of(ID, Entries.SPACE), cache.uploads().unsent(OWN));
      assertTrue(cache.uploads().takeApart(ID, 2));
      assertEquals(0, cache.uploads().unfinished().size());
      assertEquals(3, cache.feedback().unsealed("").size());
    }
  }

  @Test
  public void the_largest_body_is_read_whole() throws Exception {
    byte[] body = new byte[32 << 20];
    new Random(7).nextBytes(body);
    try (Cache cache = openWithFeedback(10)) {
      assertTrue(cache.uploads().add(new SealedUpload(ID, Entries.SPACE, 2, body), List.of(1L, 2L), OWN, 7));
      assertArrayEquals(body, cache.uploads().findWaiting(ID).body());
    }
  }
}
