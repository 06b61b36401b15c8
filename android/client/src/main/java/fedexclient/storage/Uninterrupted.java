package fedexclient.storage;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/** For what only a channel can do: one closes where its thread is interrupted, which is no fault of the file. */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** Opens a channel, does something with it and closes it. */
  public interface Step<T> {
    T run() throws IOException;
  }

  /** Does it, once more where it was interrupted; the thread is interrupted afterwards as it was or became. */
  public static <T> T run(Step<T> step) throws IOException {
    boolean wasInterrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return step.run();
        } catch (ClosedByInterruptException error) {
          wasInterrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
