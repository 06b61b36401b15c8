package fedexclient.service;

import java.util.ArrayList;
import java.util.List;

/** Tells work that runs in one thread that another one wants it to end: within a second, wherever it is. Thread-safe. */
public final class Stop {
  private final List<Runnable> interrupts = new ArrayList<>();
  private boolean isAsked;

  /** Asks for the end; asking again changes nothing. */
  public void ask() {
    List<Runnable> asked;
    synchronized (this) {
      isAsked = true;
      asked = new ArrayList<>(interrupts);
      interrupts.clear();
    }
    for (Runnable interrupt : asked) {
      interrupt.run();
    }
  }

  /**
   * Goes on unless the end was asked for; between two steps of the work.
   *
   * @throws StoppedException it was
   */
  public synchronized void check() throws StoppedException {
    if (isAsked) {
      throw new StoppedException();
    }
  }

  /** Whether the end was asked for. */
  public synchronized boolean isAsked() {
    return isAsked;
  }

  /**
   * Has something done when the end is asked for, as what waits for a network does not look: at once if it was.
   *
   * @param interrupt breaks off what waits; quick, and in whatever thread asks
   * @return takes it back
   */
  public Runnable onAsk(Runnable interrupt) {
    synchronized (this) {
      if (!isAsked) {
        interrupts.add(interrupt);
        return () -> takeBack(interrupt);
      }
    }
    interrupt.run();
    return () -> {};
  }

  private synchronized void takeBack(Runnable interrupt) {
    interrupts.remove(interrupt);
  }
}
