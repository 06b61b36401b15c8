package fedexclient.push;

import fedexclient.cache.CacheException;
import fedexclient.service.Service;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;
import java.util.Set;

/** Pushes: what was sealed before is sent first, then what waits is sealed and sent, one upload after the other. */
public final class Sender {
  private final PushListener listener;

  public Sender() {
    this(progress -> {});
  }

  public Sender(PushListener listener) {
    this.listener = listener;
  }

  /**
   * Sends all feedback that is not acknowledged yet, but that of spaces that are retired, which waits.
   *
   * <p>May be killed at any instant and run again: the same bytes are sent again, and the service counts them once. A
   * sample that no upload can carry keeps no other from being sent. Where this has become another device meanwhile, what
   * is not sealed waits for a push as that.
   *
   * @param retired the spaces that a signed list calls so
   * @throws CacheException the cache cannot be read or written; what was acknowledged before is kept
   * @throws StorageException nobody can tell who this device is; the same
   */
  public PushReport push(Outbox outbox, Service service, Set<String> retired, Stop stop)
      throws CacheException, StorageException {
    return new Push(outbox, service, retired, stop, listener).run();
  }
}
