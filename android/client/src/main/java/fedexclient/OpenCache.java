package fedexclient;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheAccessException;
import fedexclient.cache.CacheException;
import fedexclient.keeping.Keeper;
import java.io.File;
import org.jspecify.annotations.Nullable;

/**
 * The cache of a device, opened when it is first needed and shared by its threads; opened again once damage was met in
 * it, by whichever of them.
 */
final class OpenCache implements Keeper.Caches, AutoCloseable {
  private final File file;
  private final int maxUnfed;
  private @Nullable Cache cache;
  private boolean isClosed;

  OpenCache(File file, int maxUnfed) {
    this.file = file;
    this.maxUnfed = maxUnfed;
  }

  @Override
  public synchronized Cache open() throws CacheException {
    if (isClosed) {
      throw new CacheAccessException(file + ": expected an open device, got one that was closed");
    }
    if (cache != null && cache.isDamaged()) {
      letGo();
    }
    if (cache == null) {
      cache = Cache.open(file, maxUnfed);
    }
    return cache;
  }

  /** Deletes what was set aside as damaged; where damage was met since, that is another file, and nobody was told. */
  synchronized void dropSetAside() throws CacheException {
    boolean isAnother = cache != null && cache.isDamaged();
    Cache open = open();
    if (!isAnother) {
      open.dropSetAside();
    }
  }

  private void letGo() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
  }

  /** Closes it for good. */
  @Override
  public synchronized void close() {
    isClosed = true;
    letGo();
  }
}
