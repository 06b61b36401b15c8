package fedexclient.cache;

import fedexclient.contract.SelfTest;
import org.jspecify.annotations.Nullable;

/** What computes features, and how its self-test ended. */
public final class KeptSetup {
  private final long key;
  private final BundleSetup used;
  private final @Nullable SelfTest outcome;

  /**
   * Makes one of its parts.
   *
   * @param key in its cache
   * @param outcome of its self-test; null: it was not tested yet
   */
  public KeptSetup(long key, BundleSetup used, @Nullable SelfTest outcome) {
    this.key = key;
    this.used = used;
    this.outcome = outcome;
  }

  /** In this cache. */
  public long key() {
    return key;
  }

  public BundleSetup used() {
    return used;
  }

  /** What uploads say of it; null: it was not tested yet. */
  public @Nullable SelfTest outcome() {
    return outcome;
  }

  /** Whether what it computed may be uploaded. */
  public boolean hasPassed() {
    return outcome != null && outcome.passes(used.leastCosinePpm());
  }
}
