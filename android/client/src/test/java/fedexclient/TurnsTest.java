package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.After;
import org.junit.Test;

public final class TurnsTest {
  private static final long PATIENCE_S = 30;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Turns turns = new Turns();

  @After
  public void end() {
    threads.shutdownNow();
  }

  private <T> Future<T> run(Callable<T> work) {
    return threads.submit(work);
  }

  /** Takes a turn and ends it at once, in a thread of its own. */
  private Future<Boolean> waiting(Stop stop) {
    return run(() -> {
      turns.take(stop).run();
      return true;
    });
  }

  private static void assertStopped(Future<?> work) {
    ExecutionException error =
        assertThrows(ExecutionException.class, () -> work.get(PATIENCE_S, TimeUnit.SECONDS));
    assertEquals(StoppedException.class, error.getCause().getClass());
  }

  /** It once stopped only what ran, and waited for all of what came before it. */
  @Test
  public void whoever_takes_over_stops_what_runs_and_all_that_waits() throws Exception {
    Stop running = new Stop();
    Runnable endTurn = turns.take(running);
    Stop first = new Stop();
    Future<Boolean> one = waiting(first);
    Thread.sleep(300);
    Future<Boolean> taken = run(() -> {
      turns.takeOver(new Stop()).run();
      return true;
    });
    assertStopped(one);
    Stop second = new Stop();
    assertStopped(waiting(second));
    assertTrue(running.isAsked());
    assertFalse(taken.isDone());
    endTurn.run();
    assertTrue(taken.get(PATIENCE_S, TimeUnit.SECONDS));
  }

  @Test
  public void what_has_ended_and_what_comes_later_is_not_stopped() throws Exception {
    Stop ended = new Stop();
    turns.take(ended).run();
    turns.takeOver(new Stop()).run();
    Stop later = new Stop();
    turns.take(later).run();
    assertFalse(ended.isAsked());
    assertFalse(later.isAsked());
  }

  @Test
  public void what_takes_over_is_not_stopped_by_what_takes_over_after_it() throws Exception {
    Stop erasing = new Stop();
    Runnable endTurn = turns.takeOver(erasing);
    Future<Boolean> next = run(() -> {
      turns.takeOver(new Stop()).run();
      return true;
    });
    Thread.sleep(300);
    assertFalse(erasing.isAsked());
    assertFalse(next.isDone());
    endTurn.run();
    assertTrue(next.get(PATIENCE_S, TimeUnit.SECONDS));
  }
}
