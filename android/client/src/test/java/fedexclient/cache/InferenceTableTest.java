package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.recognise.Ranked;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

public class InferenceTableTest extends CacheTestCase {
  @Test
  public void what_is_stored_is_read_back_after_opening_again() throws Exception {
    long id;
    try (Cache cache = open()) {
      id = cache.inferences().add(Entries.inference(7), Entries.spaceKey(cache, 2, 2));
    }
    try (Cache cache = open()) {
      StoredInference stored = cache.inferences().get(id);
      assertEquals("[Ada 0.75, Ben 0.25]", stored.results().toString());
      assertFalse(stored.isUnknown());
      assertEquals(3, stored.headSerial());
      assertEquals(1007, stored.takenMs());
      assertEquals(id, stored.id());
    }
  }

  @Test
  public void texts_are_spelt_as_python_spells_them() throws Exception {
    List<Ranked> results = List.of(new Ranked("Zo\u00eb \"die\" Erste\\", 1e-5), new Ranked("\u674e", 1.0),
        new Ranked("Ada", 0.002), new Ranked("Ben", 0.1 + 0.2), new Ranked("Cleo", 0));
    try (Cache cache = open()) {
      NewInference added = new NewInference(
          Entries.photo(1), null, Entries.feature(1), results, true, 0, Entries.COMPUTED_BY, 0);
      cache.inferences().add(added, Entries.spaceKey(cache, 2, 2));
      assertEquals(List.of("[[\"Zo\u00eb \\\"die\\\" Erste\\\\\", 1e-05], [\"\u674e\", 1.0], [\"Ada\", 0.002], "
          + "[\"Ben\", 0.30000000000000004], [\"Cleo\", 0.0]]|1|0000803f0000803f0000803f0000803f"),
          Outside.rows(cache.database(), "SELECT results, unknown, feature FROM inferences"));
      assertEquals(List.of("[2, 2]"), Outside.rows(cache.database(), "SELECT shape FROM spaces"));
      assertEquals(results.toString(), cache.inferences().get(1).results().toString());
      assertTrue(cache.inferences().get(1).isUnknown());
    }
  }

  /** As for an app that shows all it knows: what is written must be what can be read. */
  @Test
  public void of_very_many_results_the_best_are_kept_and_read_back() throws Exception {
    List<Ranked> results = new ArrayList<>();
    for (int number = 0; number < 4_500; number++) {
      results.add(new Ranked("\ud83d\ude42".repeat(59) + String.format("%05d", number), 1.0 / (number + 1)));
    }
    try (Cache cache = open()) {
      long id = cache.inferences().add(new NewInference(Entries.photo(1), null, Entries.feature(1), results, false, 0,
          Entries.COMPUTED_BY, 0), Entries.spaceKey(cache));
      assertEquals(results.subList(0, 20).toString(), cache.inferences().get(id).results().toString());
      assertFalse(cache.isDamaged());
    }
  }

  @Test
  public void the_oldest_without_waiting_feedback_go_first() throws Exception {
    List<Long> ids = new ArrayList<>();
    try (Cache cache = Cache.open(file(), 3)) {
      for (int number = 0; number < 3; number++) {
        ids.add(Entries.add(cache, number));
      }
      cache.feedback().add(Entries.feedback(ids.get(0)));
      for (int number = 3; number < 8; number++) {
        ids.add(Entries.add(cache, number));
      }
    }
    assertEquals(List.of("1", "6", "7", "8"), Outside.rows(file(), "SELECT id FROM inferences ORDER BY id"));
    assertEquals(8, ids.get(7));
  }

  @Test
  public void an_inference_and_its_pruning_are_one_transaction() throws Exception {
    try (Cache cache = Cache.open(file(), 1)) {
      Entries.add(cache, 0);
      Outside.change(file(),
          "CREATE TRIGGER broken BEFORE DELETE ON inferences BEGIN SELECT raise(ABORT, 'no'); END");
      CacheException error = assertThrows(CacheException.class, () -> Entries.add(cache, 0));
      assertTrue(error.getMessage().contains("no"), error.getMessage());
    }
    assertEquals(List.of("1"), Outside.rows(file(), "SELECT id FROM inferences"));
  }

  @Test
  public void ids_are_never_used_again() throws Exception {
    try (Cache cache = Cache.open(file(), 1)) {
      for (int number = 0; number < 3; number++) {
        Entries.add(cache, 0);
      }
      Outside.change(file(), "DELETE FROM inferences");
      assertEquals(4, Entries.add(cache, 0));
    }
  }

  @Test
  public void an_inference_that_the_cache_does_not_have_is_an_error() throws Exception {
    try (Cache cache = open()) {
      for (long id : new long[] {0, -1, 99, 1L << 62}) {
        String expected = "inference " + id + ": expected one that is in the cache, got none";
        assertEquals(expected,
            assertThrows(NoInferenceException.class, () -> cache.inferences().get(id)).getMessage());
        assertEquals(expected, assertThrows(
            NoInferenceException.class, () -> cache.feedback().add(Entries.feedback(id))).getMessage());
      }
      assertEquals(1, Entries.add(cache, 0));
    }
  }
}
