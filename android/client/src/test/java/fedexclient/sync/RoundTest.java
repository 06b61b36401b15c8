package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.service.RefusedException;
import fedexclient.contract.Problem;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.Test;

public final class RoundTest {
  private final List<String> done = new ArrayList<>();

  private Round.Part part(String name) {
    return stop -> {
      done.add(name);
      return null;
    };
  }

  private Round.Part failing(Exception error) {
    return stop -> {
      throw error;
    };
  }

  @Test
  public void a_round_without_problems_is_not_put_off() {
    Round round = Round.run(Arrays.asList(part("push"), part("pull")), new Stop());
    assertEquals(Arrays.asList("push", "pull"), done);
    assertTrue(round.problems().isEmpty());
    assertFalse(round.isPutOff());
  }

  @Test
  public void a_pull_is_done_where_the_push_failed() {
    Exception refused = new RefusedException("no", Problem.FORBIDDEN, Collections.emptyList());
    Round round = Round.run(Arrays.asList(failing(refused), part("pull")), new Stop());
    assertEquals(Collections.singletonList("pull"), done);
    assertEquals(Collections.singletonList(refused), round.problems());
    assertFalse(round.isPutOff());
  }

  @Test
  public void what_a_push_reports_counts_as_what_it_throws() {
    Round.Part push = stop -> new TryLaterException("later", 70L);
    Round round = Round.run(Arrays.asList(push, failing(new TryLaterException("later", 40L))), new Stop());
    assertTrue(round.isPutOff());
    assertEquals(70, round.retryAfterS());
  }

  @Test
  public void nothing_begins_once_the_end_was_asked_for() {
    Stop stop = new Stop();
    Round.Part push = running -> {
      running.ask();
      throw new StoppedException();
    };
    Round round = Round.run(Arrays.asList(push, part("pull")), stop);
    assertTrue(done.isEmpty());
    assertTrue(round.problems().get(0) instanceof StoppedException);
    assertFalse(round.isPutOff());
  }

  @Test
  public void a_bug_is_seen() {
    Round.Part bug = stop -> {
      throw new IllegalStateException("a bug");
    };
    assertThrows(IllegalStateException.class, () -> Round.run(Collections.singletonList(bug), new Stop()));
  }
}
