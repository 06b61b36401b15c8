package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import fedexclient.contract.Box;
import fedexclient.contract.SampleIds;
import fedexclient.contract.Sha256;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.Test;

/** Faces of photos: seen again they are the samples that they were, in every process. */
public class FacesTest extends CacheTestCase {
  private static final byte[] PHOTO = Entries.photo(1);
  private static final byte[] OTHER_PHOTO = Entries.photo(2);
  private static final Box LEFT = new Box(10, 10, 110, 110);
  private static final Box RIGHT = new Box(200, 10, 300, 110);
  private static final Box LEFT_AGAIN = new Box(14, 7, 116, 108);
  private static final Box RIGHT_AGAIN = new Box(197, 12, 299, 113);

  private static List<Long> add(Cache cache, byte[] photo, Box... boxes) throws Exception {
    return cache.inferences().addAll(Entries.faces(photo, boxes), Entries.spaceKey(cache));
  }

  private List<String> samples() throws Exception {
    return Outside.rows(file(), "SELECT sample_id FROM inferences ORDER BY id");
  }

  @Test
  public void each_face_of_a_photo_is_a_sample_named_by_photo_and_box() throws Exception {
    List<String> expected = new ArrayList<>();
    try (Cache cache = open()) {
      add(cache, PHOTO, LEFT, RIGHT);
      for (Box box : new Box[] {LEFT, RIGHT}) {
        expected.add(Sha256.hexDigits(new SampleIds(cache.secret()).ofFace(PHOTO, box)));
      }
    }
    assertEquals(expected, samples());
  }

  @Test
  public void faces_seen_again_a_little_elsewhere_are_the_same_samples_whatever_their_order() throws Exception {
    try (Cache cache = open()) {
      add(cache, PHOTO, LEFT, RIGHT);
      add(cache, PHOTO, RIGHT_AGAIN, LEFT_AGAIN);
    }
    List<String> samples = samples();
    assertEquals(List.of(samples.get(1), samples.get(0)), samples.subList(2, 4));
    assertEquals(List.of("[10, 10, 110, 110]", "[200, 10, 300, 110]"),
        Outside.rows(file(), "SELECT box FROM faces ORDER BY box"));
  }

  @Test
  public void a_new_face_of_a_known_photo_is_a_sample_of_its_own() throws Exception {
    try (Cache cache = open()) {
      add(cache, PHOTO, LEFT);
      add(cache, PHOTO, LEFT_AGAIN, RIGHT);
    }
    List<String> samples = samples();
    assertEquals(samples.get(0), samples.get(1));
    assertNotEquals(samples.get(1), samples.get(2));
  }

  @Test
  public void the_same_box_in_another_photo_is_another_sample() throws Exception {
    try (Cache cache = open()) {
      add(cache, PHOTO, LEFT);
      add(cache, OTHER_PHOTO, LEFT);
    }
    assertEquals(2, new HashSet<>(samples()).size());
  }

  /** Each overlaps the one before by 0.67, the third the first by 0.43. */
  @Test
  public void boxes_are_compared_with_where_a_face_was_first_and_do_not_drift() throws Exception {
    try (Cache cache = open()) {
      for (int shift : new int[] {0, 20, 40}) {
        add(cache, PHOTO, new Box(shift, 0, shift + 100, 100));
      }
    }
    List<String> samples = samples();
    assertEquals(samples.get(0), samples.get(1));
    assertNotEquals(samples.get(1), samples.get(2));
  }

  @Test
  public void a_labelled_face_stays_known_when_its_inference_is_pruned() throws Exception {
    String name;
    try (Cache cache = Cache.open(file(), 1)) {
      long kept = add(cache, PHOTO, LEFT).get(0);
      name = samples().get(0);
      cache.feedback().add(Entries.feedback(kept));
      Outside.change(file(), "UPDATE inferences SET waiting = 0");
      Entries.add(cache, 7);
      assertFalse(samples().contains(name));
      add(cache, PHOTO, LEFT_AGAIN);
    }
    assertEquals(name, samples().get(0));
  }

  @Test
  public void a_face_without_feedback_goes_with_its_last_inference() throws Exception {
    try (Cache cache = Cache.open(file(), 2)) {
      for (int time = 0; time < 3; time++) {
        add(cache, PHOTO, LEFT);
      }
      assertEquals(List.of("1"), Outside.rows(file(), "SELECT count(*) FROM faces"));
      add(cache, PHOTO, RIGHT, new Box(400, 10, 500, 110));
      assertEquals(List.of("2"), Outside.rows(file(), "SELECT count(*) FROM faces"));
      Box[] apart = new Box[4];
      for (int number = 1; number < 5; number++) {
        apart[number - 1] = new Box(600 * number, 0, 600 * number + 100, 100);
      }
      add(cache, OTHER_PHOTO, apart);
    }
    assertEquals(List.of("2"), Outside.rows(file(), "SELECT count(*) FROM faces"));
    assertEquals(List.of("2"), Outside.rows(file(), "SELECT count(*) FROM inferences"));
  }

  /** Each has a connection of its own, as two processes have. */
  @Test
  public void two_that_see_a_photo_at_once_name_a_face_alike() throws Exception {
    Cache.open(file(), 100).close();
    CyclicBarrier together = new CyclicBarrier(2);
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int shift : new int[] {0, 10}) {
      threads.add(new Thread(() -> {
        try (Cache cache = Cache.open(file(), 100)) {
          for (int photo = 0; photo < 20; photo++) {
            together.await();
            add(cache, Entries.photo(photo), new Box(shift, 0, shift + 100, 100));
          }
        } catch (Throwable error) {
          failures.add(error);
          together.reset();
        }
      }));
    }
    for (Thread thread : threads) {
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
    assertEquals(
        List.of("40|20"), Outside.rows(file(), "SELECT count(*), count(DISTINCT sample_id) FROM inferences"));
  }

  @Test
  public void feedback_on_a_face_seen_again_is_on_the_same_sample() throws Exception {
    try (Cache cache = open()) {
      List<Long> first = add(cache, PHOTO, LEFT, RIGHT);
      List<Long> again = add(cache, PHOTO, LEFT_AGAIN, RIGHT_AGAIN);
      for (long id : new long[] {first.get(0), again.get(0), first.get(1)}) {
        cache.feedback().add(Entries.feedback(id));
      }
      assertEquals(1, cache.setups().waiting("").size());
      assertEquals(2, cache.setups().waiting("").get(0).samples());
    }
  }
}
