package fedexclient.pull;

import fedexclient.contract.PublicKey;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.storage.StorageException;
import fedexclient.trust.UntrustedException;

/** Whether a later key than the pinned one has signed something, as whoever keeps the pinned one finds out. */
public interface LaterKeys {
  /**
   * Keeps the key that has signed an envelope, if the pinned one leads to it, and returns the kept one.
   *
   * @param envelope as it came
   * @throws fedexclient.service.RefusedException a service that tells no keys
   */
  PublicKey follow(Service service, byte[] envelope) throws ServiceException, UntrustedException, StorageException;
}
