package fedexclient.service;

import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import fedexclient.trust.UntrustedException;

/**
 * Takes another token in place of an old one, so that one that leaked or was copied does not count for ever.
 *
 * <p>The service takes the old one until the new one is used, and the new one is kept before it is used, by one rename:
 * killed at any instant, the device has a token that counts. Before it was kept, the next try asks for yet another one.
 */
public final class TokenRenewal {
  /** Of a token. */
  public static final long LIFE_S = 30 * 86_400L;

  private final IdentityStore store;
  private final Service service;
  private final Stop stop;

  /**
   * Makes one.
   *
   * @param stop ends what it waits for
   */
  public TokenRenewal(IdentityStore store, Service service, Stop stop) {
    this.store = store;
    this.service = service;
    this.stop = stop;
  }

  /**
   * Whether a token wants to be replaced. One that seems to have come as long after now is old too: the clock was ahead
   * then, perhaps by years.
   *
   * @param now Unix seconds by this device's clock
   */
  public static boolean isOld(Identity identity, long now) {
    return Math.abs(now - identity.tokenSince()) >= LIFE_S;
  }

  /**
   * Replaces the token if it is old; returns who this device is then.
   *
   * @throws EnrolmentException the device is not enrolled any more
   * @throws StorageException the new one could not be kept; the old one counts
   */
  public Identity renew(long now)
      throws ServiceException, UntrustedException, EnrolmentException, StorageException {
    ExclusiveLock.Held held = store.hold(stop);
    try {
      Identity before = store.require();
      if (!isOld(before, now)) {
        return before; // another process was first
      }
      Identity after = before.withToken(service.newToken(), now);
      store.keep(after);
      return after;
    } finally {
      held.close();
    }
  }
}
