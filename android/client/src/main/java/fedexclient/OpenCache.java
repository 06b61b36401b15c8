package fedexclient;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.keeping.Keeper;
import java.io.File;
import org.jspecify.annotations.Nullable;

/** The cache of a device, opened when it is first needed and shared by its threads; opened again after damage. */
final class OpenCache implements Keeper.Caches, AutoCloseable {
  private final File file;
  private final int maxUnfed;
  private @Nullable Cache cache;
  private @Nullable File setAside;

  OpenCache(File file, int maxUnfed) {
    this.file = file;
    this.maxUnfed = maxUnfed;
  }

  @Override
  public synchronized Cache open() throws CacheException {
    Cache open = cache;
    if (open == null) {
      open = Cache.open(file, maxUnfed);
      cache = open;
      setAside = open.setAside() == null ? setAside : open.setAside();
    }
    return open;
  }

  /** Lets go of a cache that turned out to be damaged: whoever comes next opens it anew. */
  synchronized void giveUp(Cache damaged) {
    if (cache == damaged) {
      close();
    }
  }

  /** The damaged file that was last set aside; null: there was none. */
  synchronized @Nullable File setAside() {
    return setAside;
  }

  @Override
  public synchronized void close() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
  }
}
