package fedexclient.keeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheAccessException;
import fedexclient.cache.Entries;
import fedexclient.cache.Outside;
import fedexclient.contract.Box;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.SampleIds;
import fedexclient.contract.Sha256;
import fedexclient.recognise.Answer;
import fedexclient.recognise.Answers;
import fedexclient.recognise.Pixels;
import java.io.File;
import java.util.List;
import org.junit.Test;

public class KeeperTest extends KeepingTestCase {
  private static final Box LEFT = new Box(10, 10, 110, 110);
  private static final Box RIGHT = new Box(200, 10, 300, 110);

  private List<String> samples() throws Exception {
    return Outside.rows(file(), "SELECT hex(sample_id) FROM inferences ORDER BY id");
  }

  @Test
  public void an_answer_is_kept_with_all_that_belongs_to_it() throws Exception {
    Answer answer = Answers.of(1, 2, 3, 4);
    KeptAnswer kept = keeper(first).keep(photo(1), List.of(answer)).get(0);
    assertEquals(answer, kept.answer());
    assertNull(kept.problem());
    assertEquals(1, kept.inference());
    byte[] named = new SampleIds(cache.secret()).ofFile(Sha256.of(new byte[] {1}));
    assertEquals(List.of(Sha256.hexDigits(named) + "|0|3|7|fedex 1|999987|" + facts().space() + "|[4]"),
        Outside.rows(file(), "SELECT i.sample_id, i.unknown, i.head_serial, i.taken_ms, s.app, s.cosine_ppm, p.space, "
            + "p.shape FROM inferences i JOIN setups s ON s.id = i.setup JOIN spaces p ON p.id = i.space"));
    assertEquals(List.of("0000803f000000400000404000008040"), Outside.rows(file(), "SELECT feature FROM inferences"));
  }

  @Test
  public void the_same_photo_is_the_same_sample_and_the_same_pixels_are_another_one() throws Exception {
    Pixels frame = Pixels.ofRgb(1, 1, new byte[] {1, 2, 3});
    for (Example example : List.of(photo(1), photo(1), photo(2), Example.ofFrame(frame), Example.ofFrame(frame))) {
      keeper(first).keep(example, List.of(Answers.of(1, 2, 3, 4)));
    }
    List<String> ids = samples();
    assertEquals(ids.get(0), ids.get(1));
    assertNotEquals(ids.get(0), ids.get(2));
    assertEquals(ids.get(3), ids.get(4));
    assertNotEquals(ids.get(0), ids.get(3));
  }

  @Test
  public void the_faces_of_a_photo_are_those_that_were_known_before() throws Exception {
    Answer left = Answers.ofFace(LEFT, 1, 2, 3, 4);
    Answer right = Answers.ofFace(RIGHT, 5, 6, 7, 8);
    assertEquals(List.of(1L, 2L), ids(keeper(first).keep(photo(1), List.of(left, right))));
    assertEquals(List.of(3L, 4L), ids(keeper(next).keep(photo(1), List.of(right, left))));
    List<String> ids = samples();
    assertEquals(ids.get(0), ids.get(3));
    assertEquals(ids.get(1), ids.get(2));
    assertNotEquals(ids.get(0), ids.get(1));
  }

  private static List<Long> ids(List<KeptAnswer> kept) {
    return List.of(kept.get(0).inference(), kept.get(1).inference());
  }

  @Test
  public void what_is_no_example_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> Example.ofFile(new byte[31]));
  }

  @Test
  public void a_feature_that_no_service_would_take_is_not_kept_and_the_others_are() throws Exception {
    List<KeptAnswer> kept = keeper(first).keep(photo(1), List.of(
        Answers.ofFace(LEFT, 1, 2, 3, 4), Answers.ofFace(RIGHT, 1, -60_001, 3, 4),
        Answers.ofFace(new Box(400, 0, 500, 100), 1, 2, 60_000, 4)));
    assertEquals(1, kept.get(0).inference());
    assertNull(kept.get(1).inference());
    assertInstanceOf(ImpossibleException.class, kept.get(1).problem());
    assertEquals(2, kept.get(2).inference());
  }

  @Test
  public void a_cache_that_cannot_be_opened_spoils_no_answer_and_is_asked_again() throws Exception {
    File none = new File(temporary.newFile(), "cache.sqlite3"); // in what is no folder
    boolean[] isThere = {false};
    Keeper keeper = new Keeper(() -> isThere[0] ? cache : Cache.open(none, 9), facts(), first, () -> 7);
    KeptAnswer kept = keeper.keep(photo(1), List.of(Answers.of(1, 2, 3, 4))).get(0);
    assertNull(kept.inference());
    assertInstanceOf(CacheAccessException.class, kept.problem());
    isThere[0] = true;
    assertNotNull(keeper.keep(photo(1), List.of(Answers.of(1, 2, 3, 4))).get(0).inference());
    assertEquals(1, first.runs);
  }

  @Test
  public void a_photo_without_faces_opens_no_cache() throws Exception {
    Keeper keeper = new Keeper(() -> {
      throw new AssertionError("opened");
    }, facts(), first, () -> 7);
    assertEquals(List.of(), keeper.keep(photo(1), List.of()));
    assertEquals(0, first.runs);
  }

  @Test
  public void a_device_tests_itself_once_and_says_so_in_every_upload() throws Exception {
    give(first, 1, "Ada");
    assertNull(settle(first));
    push();
    give(first, 2, "Ben");
    assertNull(settle(first));
    push();
    assertEquals(1, first.runs);
    assertEquals(List.of("fedex 1 999987", "fedex 1 999987"), tested());
  }

  @Test
  public void a_test_that_cannot_be_run_is_tried_once_and_spoils_no_answer() throws Exception {
    first.ending(null);
    Keeper keeper = keeper(first);
    assertNotNull(keeper.keep(photo(1), List.of(Answers.of(1, 2, 3, 4))).get(0).inference());
    assertNotNull(keeper.keep(photo(2), List.of(Answers.of(1, 2, 3, 4))).get(0).inference());
    assertEquals(1, first.runs);
    assertNull(cache.setups().find(Entries.computedBy("fedex 1")).outcome());
  }

  /** A new system or app between feedback and push kept it back for good, untested. */
  @Test
  public void an_update_before_the_first_push_strands_nothing() throws Exception {
    give(first, 1, "Ada");
    give(next.ending(999_000), 2, "Ben");
    assertNull(settle(new ScriptedTester(Entries.computedBy("fedex 3"))));
    assertEquals(2, push().samples());
    assertEquals(List.of("fedex 1 999987", "fedex 2 999000"), tested());
  }
}
