package fedexclient;

import fedexclient.heads.HeadStore;
import org.jspecify.annotations.Nullable;

/**
 * Knows the head in use, and looks anew only where another one was installed, or the last look could not read all: to
 * find it, its whole file is hashed. Thread-safe.
 */
final class ReleaseWatch {
  private final HeadStore heads;
  private @Nullable Object stamp;
  private @Nullable ReleaseInUse known;

  ReleaseWatch(HeadStore heads) {
    this.heads = heads;
  }

  /** The head in use, of the space that a device's bundle has. */
  synchronized ReleaseInUse now(String space) {
    Object seen = heads.stamp();
    ReleaseInUse found = known;
    if (found == null || !seen.equals(stamp)) {
      found = ReleaseInUse.find(heads, space);
      known = found.isWhole() ? found : null; // a phone may be short of open files, and not for long
      stamp = seen; // of before it was found: what was installed meanwhile is looked for the next time
    }
    return found;
  }
}
