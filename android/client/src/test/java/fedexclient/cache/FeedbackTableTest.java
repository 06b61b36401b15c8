package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.FeatureShape;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

public class FeedbackTableTest extends CacheTestCase {
  @Test
  public void each_feedback_has_a_higher_revision_even_after_pruning() throws Exception {
    try (Cache cache = open()) {
      long id = Entries.add(cache, 0);
      assertEquals(1, cache.feedback().add(Entries.feedback(id)));
      assertEquals(2, cache.feedback().add(Entries.feedback(id, "Ben", "")));
      Outside.change(file(), "DELETE FROM inferences");
      assertEquals(List.of("0"), Outside.rows(file(), "SELECT count(*) FROM feedback"));
      assertEquals(3, cache.feedback().add(Entries.feedback(Entries.add(cache, 0))));
    }
  }

  @Test
  public void what_is_unsealed_is_listed_with_its_sample_for_its_own_group() throws Exception {
    try (Cache cache = open()) {
      long key = Entries.spaceKey(cache, 2, 2);
      String[] origins = {"", "home@key", "work@key", "home@key"};
      for (int number = 0; number < origins.length; number++) {
        long id = cache.inferences().add(Entries.inference(number), key);
        cache.feedback().add(Entries.feedback(id, "Ada", origins[number]));
      }
      SealedUpload sealed = new SealedUpload("f".repeat(64), Entries.SPACE, 1, new byte[] {1});
      assertTrue(cache.uploads().add(sealed, List.of(4L), new SealedAs("home@key", "d"), 0));
      assertEquals(0, cache.feedback().unsealed("home@key").size());
      WaitingSamples waiting = cache.setups().waiting("home@key").get(0);
      assertEquals(2, waiting.samples());
      assertEquals(Entries.COMPUTED_BY, waiting.setup().used());
      assertNull(waiting.setup().outcome());
      assertFalse(waiting.setup().hasPassed());
      assertEquals(2, cache.setups().waiting("work@key").get(0).samples());
      cache.setups().keep(waiting.setup().key(), 990_000);
      List<UnsealedFeedback> unsealed = cache.feedback().unsealed("home@key");
      assertEquals(2, unsealed.size());
      for (int number = 0; number < 2; number++) {
        UnsealedFeedback one = unsealed.get(number);
        assertEquals(number + 1, one.revision());
        assertArrayEquals(Entries.photo(number), one.sampleId());
        assertEquals(key, one.spaceKey());
        assertEquals(waiting.setup().key(), one.setupKey());
      }
      assertFalse(unsealed.get(0).isOnTheSampleOf(unsealed.get(1)));
      assertTrue(unsealed.get(0).isOnTheSampleOf(cache.feedback().unsealed("").get(0)));
    }
  }

  @Test
  public void a_chosen_sample_is_read_whole_and_one_that_is_gone_is_not_listed() throws Exception {
    try (Cache cache = open()) {
      long key = Entries.spaceKey(cache, 2, 2);
      for (int number = 0; number < 2; number++) {
        long id = cache.inferences().add(Entries.inference(number), key);
        cache.feedback().add(Entries.feedback(id, "Ben", ""));
      }
      Outside.change(file(), "DELETE FROM inferences WHERE id = 1");
      List<LabelledSample> samples = cache.feedback().samples(List.of(1L, 2L));
      assertEquals(1, samples.size());
      LabelledSample one = samples.get(0);
      assertEquals(List.of(2L, 2L, 1L), List.of(one.revision(), one.inference(), one.setupKey()));
      assertEquals("Ben", one.label());
      assertArrayEquals(Entries.photo(1), one.sampleId());
      assertArrayEquals(Entries.feature(1), one.feature());
      FeatureSpace space = cache.feedback().spaceOf(2);
      assertEquals(Entries.SPACE, space.id());
      assertEquals(FeatureShape.of(2, 2), space.shape());
      assertEquals(4 * one.feature().length, space.featureBytes());
      assertNull(cache.feedback().spaceOf(1));
    }
  }

  /** Android's window on a query has room for two megabytes. */
  @Test
  public void a_feature_of_sixteen_megabytes_is_read_whole() throws Exception {
    float[] feature = new float[1 << 22];
    for (int index = 0; index < feature.length; index++) {
      feature[index] = index;
    }
    try (Cache cache = open()) {
      NewInference large = new NewInference(
          Entries.photo(1), null, feature, Entries.results(), false, 0, Entries.COMPUTED_BY, 0);
      long id = cache.inferences().add(large, Entries.spaceKey(cache, feature.length));
      cache.feedback().add(Entries.feedback(id));
      assertArrayEquals(feature, cache.feedback().samples(List.of(1L)).get(0).feature());
    }
  }

  /** Before SQLite 3.32 a statement has 999 parameters at most; a window is filled several times. */
  @Test
  public void thousands_of_revisions_are_asked_for_at_once() throws Exception {
    try (Cache cache = open()) {
      long id = Entries.add(cache, 1);
      List<Long> revisions = new ArrayList<>();
      cache.database().transaction(() -> {
        for (int time = 0; time < 5_000; time++) {
          revisions.add(cache.database().insert(
              "INSERT INTO feedback (label, is_right, origin, given_ms, inference) VALUES (?, 0, '', 0, ?)",
              "x".repeat(1_000), id));
        }
        return null;
      });
      assertEquals(5_000, cache.feedback().samples(revisions).size());
      SealedUpload sealed = new SealedUpload("f".repeat(64), Entries.SPACE, 1, new byte[] {1});
      assertTrue(cache.uploads().add(sealed, revisions, new SealedAs("", "d"), 0));
      assertFalse(cache.uploads().add(sealed, revisions, new SealedAs("", "d"), 0));
    }
  }
}
