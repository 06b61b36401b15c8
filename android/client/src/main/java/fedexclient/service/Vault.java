package fedexclient.service;

import org.jspecify.annotations.Nullable;

/** Keeps what only this phone may read: what was sealed on one is of no use on another. */
public interface Vault {
  /** Seals some bytes; the same ones are sealed otherwise each time. */
  byte[] seal(byte[] secret) throws VaultException;

  /**
   * Opens what was sealed.
   *
   * @return null where it was not sealed here, or is damaged
   * @throws VaultException it cannot be told now
   */
  byte @Nullable [] open(byte[] sealed) throws VaultException;

  /**
   * Makes sure that something can be sealed: where that fails, a new key takes the place of the one that is there, and
   * nothing that was sealed before is ever opened again.
   *
   * @throws VaultException no key can be made now
   */
  void renew() throws VaultException;
}
