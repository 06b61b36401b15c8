package fedexclient.pull;

import fedexclient.contract.PublicKey;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.storage.StorageException;
import fedexclient.trust.ForgedException;
import fedexclient.trust.UntrustedException;

/** Judges what is signed by the pinned key, or by a later one that this leads to. */
final class NewestKey {
  private final PublicKey pinned;
  private final LaterKeys later;

  NewestKey(PublicKey pinned, LaterKeys later) {
    this.pinned = pinned;
    this.later = later;
  }

  /** What believes an envelope by a key, or throws. */
  interface Judge<T> {
    T judge(PublicKey key) throws UntrustedException;
  }

  /**
   * Judges an envelope.
   *
   * @throws ForgedException neither has signed it
   */
  <T> T judge(Service service, byte[] envelope, Judge<T> judge)
      throws ServiceException, UntrustedException, StorageException {
    try {
      return judge.judge(pinned);
    } catch (ForgedException forged) {
      PublicKey kept = follow(service, envelope, forged);
      if (kept.equals(pinned)) {
        throw forged;
      }
      return judge.judge(kept);
    }
  }

  private PublicKey follow(Service service, byte[] envelope, ForgedException forged)
      throws ServiceException, UntrustedException, StorageException {
    try {
      return later.follow(service, envelope);
    } catch (RefusedException refused) { // a service that tells no keys
      throw forged;
    }
  }
}
