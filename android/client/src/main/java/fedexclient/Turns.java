package fedexclient;

import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Lets one thread at a time do something; whoever waits for it looks whether the end is asked for. Thread-safe. */
final class Turns {
  private static final long LOOK_MS = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Stop> asking = new ArrayList<>();

  /**
   * Waits for a turn.
   *
   * @param stop of what is going to be done
   * @return ends the turn; to be run by the same thread
   * @throws StoppedException the end was asked for, or this thread interrupted
   */
  Runnable take(Stop stop) throws StoppedException {
    add(stop); // before it waits: whoever takes over stops what has no turn yet, too
    try {
      await(stop, () -> {});
    } catch (StoppedException error) {
      remove(stop);
      throw error;
    }
    return () -> {
      remove(stop);
      lock.unlock();
    };
  }

  /** Takes the next turn: all that asked for one by {@link #take} is asked for its end, also what comes meanwhile. */
  Runnable takeOver(Stop stop) throws StoppedException {
    askAll();
    await(stop, this::askAll);
    return lock::unlock;
  }

  private void await(Stop stop, Runnable meanwhile) throws StoppedException {
    try {
      while (!lock.tryLock(LOOK_MS, TimeUnit.MILLISECONDS)) {
        stop.check();
        meanwhile.run();
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
  }

  private synchronized void add(Stop stop) {
    asking.add(stop);
  }

  private synchronized void remove(Stop stop) {
    asking.remove(stop);
  }

  private void askAll() {
    List<Stop> all;
    synchronized (this) {
      all = new ArrayList<>(asking);
    }
    for (Stop one : all) {
      one.ask();
    }
  }
}
