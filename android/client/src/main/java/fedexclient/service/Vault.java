package fedexclient.service;

import fedexclient.storage.StorageException;
import org.jspecify.annotations.Nullable;

/** Keeps what only this phone may read: what was sealed on one is of no use on another. */
public interface Vault {
  /** Seals some bytes; the same ones are sealed otherwise each time. */
  byte[] seal(byte[] secret) throws StorageException;

  /**
   * Opens what was sealed.
   *
   * @return null where it was not sealed here, or is damaged
   * @throws StorageException it cannot be told now
   */
  byte @Nullable [] open(byte[] sealed) throws StorageException;
}
