package fedexclient.push;

import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;

/** Lets nobody become another device while an upload is kept, which would leave it behind: also in another process. */
public interface Staying {
  /**
   * Waits for whoever decides who this device is.
   *
   * @return lets go; to be run by the same thread
   * @throws TryLaterException this is another device by now
   */
  Runnable hold() throws TryLaterException, StorageException, StoppedException;
}
