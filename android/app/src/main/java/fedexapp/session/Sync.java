package fedexapp.session;

import fedexclient.service.Stop;

/** A push or a pull that runs. On the main thread, but for its stop. */
public final class Sync {
  private final boolean isPush;
  private final Stop stop = new Stop();
  private long done;
  private long total;

  Sync(boolean isPush) {
    this.isPush = isPush;
  }

  void at(long newDone, long newTotal) {
    done = newDone;
    total = newTotal;
  }

  Stop stop() {
    return stop;
  }

  /** Otherwise it is a pull. */
  public boolean isPush() {
    return isPush;
  }

  /** Whether it was asked to end. */
  public boolean isStopping() {
    return stop.isAsked();
  }

  public long done() {
    return done;
  }

  /** 0: not known. */
  public long total() {
    return total;
  }
}
