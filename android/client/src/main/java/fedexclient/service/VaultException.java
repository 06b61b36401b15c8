package fedexclient.service;

import fedexclient.storage.StorageException;

/** A {@link Vault} can neither seal nor open, now or ever: which of the two, no platform tells. */
public final class VaultException extends StorageException {
  private static final long serialVersionUID = 1L;

  /** Says which one, and what is wrong there. */
  public VaultException(String vault, Exception cause) {
    super(vault, cause);
  }
}
