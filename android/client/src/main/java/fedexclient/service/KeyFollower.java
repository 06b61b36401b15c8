package fedexclient.service;

import fedexclient.contract.Envelope;
import fedexclient.contract.PublicKey;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import fedexclient.trust.KeyTrust;
import fedexclient.trust.UntrustedException;

/** Follows the keys of the service from the pinned one to the one that has signed a release, and pins that. */
public final class KeyFollower {
  private final IdentityStore store;
  private final Service service;
  private final Stop stop;

  /**
   * Makes one.
   *
   * @param stop ends what it waits for
   */
  public KeyFollower(IdentityStore store, Service service, Stop stop) {
    this.store = store;
    this.service = service;
    this.stop = stop;
  }

  /**
   * Keeps the key that has signed a release, if the kept one leads to it, whole or not at all; returns the kept one.
   *
   * @throws fedexclient.trust.KeyRefusedException the service's keys do not lead on from the kept one, which stays
   * @throws EnrolmentException the device is not enrolled any more
   */
  public PublicKey follow(Envelope release)
      throws ServiceException, UntrustedException, EnrolmentException, StorageException {
    KeyTrust trust = KeyTrust.of(service.keys());
    ExclusiveLock.Held held = store.hold(stop);
    try {
      Identity before = store.require();
      PublicKey signer = trust.signerOf(release, before.key(), before.firstKey());
      if (signer != null) {
        store.keep(before.withKey(signer));
      }
      return signer == null ? before.key() : signer;
    } finally {
      held.close();
    }
  }
}
