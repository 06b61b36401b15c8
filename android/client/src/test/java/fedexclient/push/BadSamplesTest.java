package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import fedexclient.cache.Cache;
import fedexclient.contract.Problem;
import fedexclient.service.RefusedException;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

/** One bad sample costs itself: the service names it, it is set aside, and the others arrive at once. */
public class BadSamplesTest extends PushTestCase {
  /** Refuses what a service with other rules for labels refuses, as it does. */
  private static ScriptedService.Fault refusingBad(Problem problem) {
    return (space, upload) -> {
      List<Integer> places = new ArrayList<>();
      List<String> labels = ScriptedService.labels(upload);
      for (int place = 0; place < labels.size(); place++) {
        if (labels.get(place).equals("Bad")) {
          places.add(place);
        }
      }
      if (!places.isEmpty()) {
        throw ScriptedService.refusal(problem, places.toArray(new Integer[0]));
      }
    };
  }

  private void giveSome() throws Exception {
    give(1, "Ada", "Bad", "Cleo", "Bad", "Zoe");
  }

  private PushReport pushAgain() throws Exception {
    try (Cache cache = open()) {
      Outbox outbox = outbox(cache, EXACT);
      outbox.retryRefused();
      return push(outbox);
    }
  }

  private void assertTheOthersArrive(Problem problem) throws Exception {
    giveSome();
    service.fault = refusingBad(problem);
    PushReport report = push();
    assertEquals(List.of(1, 3, 1), List.of(report.uploads(), report.samples(), report.refused()));
    assertInstanceOf(RefusedException.class, report.problem());
    assertEquals(List.of(List.of("Ada", "Cleo", "Zoe")), service.labels());
    assertEquals(2, service.asked.size());
    assertEquals(List.of("2 refused"), unfinished());
  }

  @Test
  public void the_others_arrive_together_in_the_next_round() throws Exception {
    assertTheOthersArrive(Problem.IMPOSSIBLE);
  }

  @Test
  public void so_they_do_where_it_is_too_large() throws Exception {
    assertTheOthersArrive(Problem.TOO_LARGE);
  }

  @Test
  public void so_they_do_where_it_is_malformed() throws Exception {
    assertTheOthersArrive(Problem.MALFORMED);
  }

  @Test
  public void what_is_set_aside_is_sent_again_only_when_asked() throws Exception {
    giveSome();
    service.fault = refusingBad(Problem.IMPOSSIBLE);
    push();
    assertDidNothing(push());
    service.fault = (space, upload) -> {};
    assertEquals(2, pushAgain().samples());
    assertEquals(List.of(List.of("Ada", "Cleo", "Zoe"), List.of("Bad", "Bad")), service.labels());
    assertEquals(List.of(), unfinished());
  }

  @Test
  public void an_upload_all_of_whose_samples_are_bad_is_set_aside_as_it_is() throws Exception {
    giveSome();
    service.fault = ScriptedService.refusing(Problem.IMPOSSIBLE, 0, 1, 2, 3, 4);
    assertEquals(1, push().refused());
    assertEquals(1, service.asked.size());
    assertEquals(List.of("5 refused"), unfinished());
  }

  /** A service that is wrong must not keep a device busy for ever. */
  @Test
  public void places_that_the_upload_does_not_have_set_it_aside() throws Exception {
    giveSome();
    service.fault = ScriptedService.refusing(Problem.IMPOSSIBLE, 5, 200, Integer.MAX_VALUE);
    assertEquals(1, push().refused());
    assertEquals(1, service.asked.size());
  }

  @Test
  public void a_service_that_names_one_sample_at_a_time_ends() throws Exception {
    giveSome();
    service.fault = ScriptedService.refusing(Problem.IMPOSSIBLE, 0);
    assertEquals(5, push().refused());
    assertEquals(List.of("1 refused", "1 refused", "1 refused", "1 refused", "1 refused"), unfinished());
  }

  @Test
  public void feedback_that_puts_a_bad_sample_right_is_sent_with_the_others() throws Exception {
    giveSome();
    try (Cache cache = open()) {
      assertNotNull(outbox(cache, EXACT).seal());
    }
    give(1, "Ada", "Ben"); // the second sample gets another label
    service.fault = refusingBad(Problem.IMPOSSIBLE);
    assertEquals(1, push().refused());
    assertEquals(List.of(List.of("Cleo", "Zoe", "Ada", "Ben")), service.labels());
    assertEquals(List.of("1 refused"), unfinished());
  }
}
