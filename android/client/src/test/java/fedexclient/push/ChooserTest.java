package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.UnsealedFeedback;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ChooserTest {
  /** Feedback on samples that are named by a letter each, of one space and setup. */
  private static List<UnsealedFeedback> on(String samples) {
    List<UnsealedFeedback> unsealed = new ArrayList<>();
    for (int index = 0; index < samples.length(); index++) {
      unsealed.add(feedback(index + 1, samples.charAt(index), 1, 7));
    }
    return unsealed;
  }

  private static UnsealedFeedback feedback(long revision, char sample, long space, long setup) {
    byte[] id = String.valueOf(sample).repeat(16).getBytes(StandardCharsets.US_ASCII);
    return new UnsealedFeedback(revision, id, space, setup);
  }

  private static void assertChosen(List<Long> revisions, List<Long> superseded, Choice choice) {
    assertNotNull(choice);
    assertEquals(revisions, choice.revisions());
    assertEquals(superseded, choice.superseded());
  }

  @Test
  void where_nothing_waits_nothing_is_chosen() {
    assertNull(Chooser.choose(List.of(), 5));
  }

  @Test
  void of_one_sample_the_highest_revision_goes_and_settles_the_lower_ones() {
    assertChosen(List.of(2L, 3L), List.of(1L), Chooser.choose(on("aba"), 5));
  }

  @Test
  void the_oldest_samples_go_first() {
    assertChosen(List.of(2L, 4L), List.of(1L), Chooser.choose(on("abca"), 2));
  }

  @Test
  void an_upload_is_of_one_space_and_one_setup() {
    List<UnsealedFeedback> unsealed = List.of(
        feedback(1, 'a', 1, 7), feedback(2, 'b', 2, 7), feedback(3, 'c', 1, 8), feedback(4, 'd', 1, 7));
    assertChosen(List.of(1L, 4L), List.of(), Chooser.choose(unsealed, 9));
  }

  @Test
  void of_some_revisions_those_are_chosen_that_are_the_highest_of_their_samples() {
    assertChosen(List.of(3L), List.of(), Chooser.chooseOnly(Set.of(1L, 3L), on("abca"), 9));
    assertChosen(List.of(4L), List.of(1L), Chooser.chooseOnly(Set.of(4L), on("abca"), 9));
    assertNull(Chooser.chooseOnly(Set.of(1L), on("abca"), 9));
    assertNull(Chooser.chooseOnly(Set.of(9L), on("abca"), 9));
  }

  @Test
  void choosing_until_nothing_waits_settles_all_feedback_once_and_sends_the_last_on_each_sample() {
    Random random = new Random(42);
    for (int trial = 0; trial < 500; trial++) {
      assertSettlesAll(drawn(random), 1 + random.nextInt(4));
    }
  }

  private static List<UnsealedFeedback> drawn(Random random) {
    List<UnsealedFeedback> drawn = new ArrayList<>();
    int count = random.nextInt(31);
    for (int revision = 1; revision <= count; revision++) {
      char sample = (char) ('a' + random.nextInt(6));
      drawn.add(feedback(revision, sample, 1 + random.nextInt(2), 7 + random.nextInt(2)));
    }
    return drawn;
  }

  private static void assertSettlesAll(List<UnsealedFeedback> drawn, int most) {
    Map<String, Long> last = new HashMap<>();
    for (UnsealedFeedback one : drawn) {
      last.put(one.sampleId()[0] + " " + one.spaceKey() + " " + one.setupKey(), one.revision());
    }
    List<UnsealedFeedback> left = new ArrayList<>(drawn);
    List<Long> settled = new ArrayList<>();
    List<Long> sent = new ArrayList<>();
    for (Choice choice = Chooser.choose(left, most); choice != null; choice = Chooser.choose(left, most)) {
      List<Long> taken = choice.taken();
      assertTrue(!choice.revisions().isEmpty() && choice.revisions().size() <= most);
      settled.addAll(taken);
      sent.addAll(choice.revisions());
      left.removeIf(one -> taken.contains(one.revision()));
    }
    assertEquals(drawn.size(), settled.size());
    assertEquals(drawn.size(), new TreeSet<>(settled).size());
    assertEquals(new TreeSet<>(last.values()), new TreeSet<>(sent));
    assertEquals(last.size(), sent.size());
  }
}
