package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RankingTest {
  private static List<String> labels(Ranking ranking) {
    return ranking.results().stream().map(Ranked::label).collect(Collectors.toList());
  }

  @Test
  void labels_come_best_first_with_softmax_of_logits_over_temperature() {
    Ranking ranking = Ranking.of(new float[] {0, 2, 1}, List.of("a", "b", "c"), 2, 0, 2);
    assertEquals(List.of("b", "c"), labels(ranking));
    double sum = 1 + Math.exp(-0.5) + Math.exp(-1);
    assertEquals(1 / sum, ranking.results().get(0).probability(), 1e-12);
    assertEquals(Math.exp(-0.5) / sum, ranking.results().get(1).probability(), 1e-12);
  }

  @Test
  void the_threshold_itself_is_known_and_below_it_is_unknown() {
    assertFalse(Ranking.of(new float[] {0, 0}, List.of("a", "b"), 1, 0.5, 1).isUnknown());
    assertTrue(Ranking.of(new float[] {0, 0}, List.of("a", "b"), 1, 0.51, 1).isUnknown());
  }

  @Test
  void ties_go_to_the_lower_class() {
    Ranking ranking = Ranking.of(new float[] {1, 3, 3, 3}, List.of("a", "b", "c", "d"), 1, 0, 2);
    assertEquals(List.of("b", "c"), labels(ranking));
  }

  @Test
  void fewer_classes_than_asked_for_are_all_shown() {
    assertEquals(1, Ranking.of(new float[] {7}, List.of("a"), 1, 0, 5).results().size());
  }

  @Test
  void huge_logits_do_not_overflow() {
    Ranking ranking = Ranking.of(new float[] {3e38f, -3e38f}, List.of("a", "b"), 0.001, 0.5, 1);
    assertEquals(1, ranking.results().get(0).probability());
  }
}
