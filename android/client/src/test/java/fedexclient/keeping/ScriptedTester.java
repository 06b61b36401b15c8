package fedexclient.keeping;

import fedexclient.cache.BundleSetup;
import fedexclient.recognise.Answers;
import fedexclient.recognise.ModelRefusedException;

/** A self-test that ends as a test wants, and counts how often it is run. */
final class ScriptedTester implements Tester {
  int runs;

  /** Null: it cannot be run. */
  Integer cosinePpm = 999_987;

  private final BundleSetup used;

  ScriptedTester(BundleSetup used) {
    this.used = used;
  }

  ScriptedTester ending(Integer ppm) {
    cosinePpm = ppm;
    return this;
  }

  @Override
  public BundleSetup used() {
    return used;
  }

  @Override
  public int run() throws ModelRefusedException {
    runs++;
    if (cosinePpm == null) {
      throw Answers.refused("golden-input.png: expected a photo, got none");
    }
    return cosinePpm;
  }
}
