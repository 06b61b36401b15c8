package fedexclient;

import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Lets one thread at a time do something; whoever waits for it looks whether the end is asked for. Thread-safe. */
final class Turns {
  private static final long LOOK_MS = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Stop current;

  /**
   * Waits for a turn.
   *
   * @param stop of what is going to be done
   * @return ends the turn; to be run by the same thread
   * @throws StoppedException the end was asked for, or this thread interrupted
   */
  Runnable take(Stop stop) throws StoppedException {
    try {
      while (!lock.tryLock(LOOK_MS, TimeUnit.MILLISECONDS)) {
        stop.check();
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
    current = stop;
    return this::end;
  }

  /** Takes the next turn, and asks what is being done for its end first. */
  Runnable takeOver(Stop stop) throws StoppedException {
    @Nullable Stop running = current;
    if (running != null) {
      running.ask();
    }
    return take(stop);
  }

  private void end() {
    current = null;
    lock.unlock();
  }
}
