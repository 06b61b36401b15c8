package fedexclient.cache;

import java.io.File;
import org.junit.Rule;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** A place for a cache, on Robolectric's Android. */
@RunWith(RobolectricTestRunner.class)
public abstract class CacheTestCase {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  /** A file that is not there yet, nor its folder. */
  File file() {
    return new File(temporary.getRoot(), "home/cache.sqlite3");
  }

  Cache open() throws CacheException {
    return Cache.open(file(), 10);
  }
}
