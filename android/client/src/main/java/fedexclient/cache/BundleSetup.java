package fedexclient.cache;

import fedexclient.contract.Setup;

/** What computes features with one bundle: where any of this is another, the features may be. */
public final class BundleSetup {
  private final Setup setup;
  private final String bundle;
  private final int leastCosinePpm;

  /**
   * Makes one of its parts.
   *
   * @param bundle the sha256 of its document, which names every file of it
   * @param leastCosinePpm what the bundle asks of a self-test, in millionths
   */
  public BundleSetup(Setup setup, String bundle, int leastCosinePpm) {
    this.setup = setup;
    this.bundle = bundle;
    this.leastCosinePpm = leastCosinePpm;
  }

  public Setup setup() {
    return setup;
  }

  /** 64 hexadecimal digits. */
  public String bundle() {
    return bundle;
  }

  public int leastCosinePpm() {
    return leastCosinePpm;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof BundleSetup)) {
      return false;
    }
    BundleSetup used = (BundleSetup) other;
    return used.setup.equals(setup) && used.bundle.equals(bundle) && used.leastCosinePpm == leastCosinePpm;
  }

  @Override
  public int hashCode() {
    return (setup.hashCode() * 31 + bundle.hashCode()) * 31 + leastCosinePpm;
  }
}
