package fedexclient.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread of one process at a time do something: a lock of the file keeps processes apart, and one of the path
 * the threads of this one, for which the system has a single lock. The file is empty, for its owner only, and stays.
 */
public final class ExclusiveLock {
  private static final long LOOK_MS = 100;
  private static final ConcurrentMap<Path, ReentrantLock> OF_THIS_PROCESS = new ConcurrentHashMap<>();

  private final Path path;
  private final ReentrantLock threads;

  /** Names the file of the lock, whose folder must be there when the lock is taken. */
  public ExclusiveLock(Path path) {
    this.path = path;
    this.threads = OF_THIS_PROCESS.computeIfAbsent(
        path.toAbsolutePath().normalize(), key -> new ReentrantLock());
  }

  /** Says, now and then, whether to wait longer. */
  public interface Patience<E extends Exception> {
    /** Goes on, or throws. */
    void check() throws E;
  }

  /**
   * Waits until the lock is this thread's, which does not have it yet.
   *
   * @param patience is asked ten times a second
   * @return null: the thread was interrupted, and is so still
   */
  public <E extends Exception> @Nullable Held hold(Patience<E> patience) throws StorageException, E {
    Held held = tryHold();
    while (held == null) {
      patience.check();
      try {
        Thread.sleep(LOOK_MS);
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
        return null;
      }
      held = tryHold();
    }
    return held;
  }

  /** Takes the lock if nobody has it; null where somebody does. */
  public @Nullable Held tryHold() throws StorageException {
    if (!threads.tryLock()) {
      return null;
    }
    Held held = opened();
    if (held.lock == null) {
      held.close();
      return null;
    }
    return held;
  }

  private Held opened() throws StorageException {
    Held held = new Held(threads);
    try {
      if (threads.getHoldCount() > 1) {
        throw new IllegalStateException(path + " is held by this thread");
      }
      held.channel = FileChannel.open(
          path, EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE), OwnFile.MODE);
      held.lock = held.channel.tryLock();
      return held;
    } catch (IOException error) {
      held.close();
      throw new StorageException(path, error);
    } catch (RuntimeException error) {
      held.close();
      throw error;
    }
  }

  /** The lock while it is held; let go by the thread that took it. */
  public static final class Held {
    private final ReentrantLock threads;
    private @Nullable FileChannel channel;
    private @Nullable FileLock lock;

    private Held(ReentrantLock threads) {
      this.threads = threads;
    }

    /** Lets go. */
    public void close() {
      try {
        if (channel != null) {
          channel.close(); // and with it the lock
        }
      } catch (IOException error) {
        // The system has let go of both all the same.
      } finally {
        threads.unlock();
      }
    }
  }
}
