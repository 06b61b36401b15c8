package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.Test;

public class SetupTableTest extends CacheTestCase {
  private static final BundleSetup LATER = Entries.computedBy("fedex 2");

  @Test
  public void a_setup_has_one_key_and_is_found_by_its_names() throws Exception {
    try (Cache cache = open()) {
      assertNull(cache.setups().find(Entries.COMPUTED_BY));
      long key = cache.setups().key(Entries.COMPUTED_BY);
      assertEquals(key, cache.setups().key(Entries.COMPUTED_BY));
      long later = cache.setups().key(LATER);
      assertEquals(LATER, cache.setups().find(LATER).used());
      assertEquals(later, cache.setups().find(LATER).key());
      assertEquals(Entries.COMPUTED_BY, cache.setups().get(key).used());
      assertThrows(IllegalArgumentException.class, () -> cache.setups().get(99));
    }
  }

  @Test
  public void the_outcome_of_a_self_test_stays() throws Exception {
    try (Cache cache = open()) {
      long key = cache.setups().key(Entries.COMPUTED_BY);
      cache.setups().keep(key, 989_999);
      assertFalse(cache.setups().get(key).hasPassed());
      cache.setups().keep(key, 999_999);
      assertEquals(989_999, cache.setups().get(key).outcome().cosinePpm());
      long later = cache.setups().key(LATER);
      cache.setups().keep(later, 990_000);
      assertTrue(cache.setups().get(later).hasPassed());
    }
  }

  @Test
  public void samples_of_a_setup_that_failed_wait_until_they_are_inferred_again_by_another() throws Exception {
    try (Cache cache = open()) {
      long key = Entries.spaceKey(cache);
      for (int number = 0; number < 2; number++) {
        cache.feedback().add(Entries.feedback(cache.inferences().add(Entries.inference(number), key)));
      }
      cache.setups().keep(1, 0);
      assertEquals(0, cache.feedback().unsealed("").size());
      cache.feedback().add(Entries.feedback(cache.inferences().add(Entries.inference(0, LATER), key)));
      cache.setups().keep(2, 1_000_000);
      List<WaitingSamples> waiting = cache.setups().waiting("");
      assertEquals(2, waiting.size());
      assertEquals(List.of(1, 1), List.of(waiting.get(0).samples(), waiting.get(1).samples()));
      assertEquals(1, cache.feedback().unsealed("").size());
      assertEquals(3, cache.feedback().unsealed("").get(0).revision());
    }
  }
}
