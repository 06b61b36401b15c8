package fedexclient.service;

import java.util.concurrent.TimeUnit;

/**
 * How long the steps of one answer may take: its headers by an end, its body by a least rate, and all of it by an end.
 *
 * <p>A time-out for each read alone would let a server that sends a byte a second hold the device for years.
 */
final class Pace {
  /** A body that moves more slowly, on average, is given up by either side. */
  static final int MIN_BYTES_PER_S = 1 << 10;

  private final long timeoutNs;
  private final long window;
  private long end;
  private long windowBegan;
  private long windowBytes;

  /**
   * Makes a pace.
   *
   * @param timeoutMs for each {@code MIN_BYTES_PER_S} x {@code timeoutMs} bytes of the body
   */
  Pace(long timeoutMs) {
    this.timeoutNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    this.window = MIN_BYTES_PER_S * timeoutMs / 1000;
  }

  /** Milliseconds that so many bytes may take on the slowest line. */
  static long onTheWayMs(long bytes) {
    return bytes * 1000 / MIN_BYTES_PER_S;
  }

  /** Begins to read a body of at most so many bytes, with whatever frames it. */
  void begin(long maxBytes) {
    windowBegan = System.nanoTime();
    windowBytes = 0;
    end = windowBegan + timeoutNs + TimeUnit.MILLISECONDS.toNanos(onTheWayMs(maxBytes));
  }

  /** Milliseconds that the next read may wait. */
  long patienceMs() throws SlowException {
    long left = end - System.nanoTime();
    if (left <= 0) {
      throw new SlowException();
    }
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(Math.min(left, timeoutNs)));
  }

  /** Counts what one read brought, which was enough for the time that went by. */
  void note(int bytes) throws SlowException {
    long now = System.nanoTime();
    windowBytes += bytes;
    if (windowBytes >= window) {
      windowBegan = now;
      windowBytes = 0;
    } else if (now - windowBegan > timeoutNs) {
      throw new SlowException();
    }
  }
}
