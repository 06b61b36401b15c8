package fedexclient.service;

import fedexclient.storage.StorageException;

/** The installed heads, as far as who this device is decides about them. */
public interface Heads {
  /**
   * Keeps pulls from installing anything meanwhile.
   *
   * @return lets them again; to be run by the same thread
   * @throws TryLaterException one of them is at it
   */
  Runnable hold() throws TryLaterException, StorageException;

  /** Removes all heads, and what is known of releases; may be repeated. */
  void forget() throws StorageException;

  /** Lets the next pull ask for each release anew, whatever tag it was asked for by before. */
  void forgetTags() throws StorageException;
}
