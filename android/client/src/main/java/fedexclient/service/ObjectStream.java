package fedexclient.service;

import fedexclient.trust.UntrustedException;
import org.jspecify.annotations.Nullable;

/** An object on its way. The connection is in use until it ends or is closed. */
public interface ObjectStream extends AutoCloseable {
  /** The first byte that comes; 0 where the server began anew. */
  long begin();

  /**
   * Waits for the next bytes; null at the end. Never more in all than the object has from the first byte on.
   *
   * @throws UnreachableException it broke off, or comes too slowly
   */
  byte @Nullable [] next() throws ServiceException, UntrustedException;

  /** Lets go of the connection, also of one that nothing was read from. */
  @Override
  void close();
}
