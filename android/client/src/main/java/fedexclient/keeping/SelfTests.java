package fedexclient.keeping;

import fedexclient.cache.BundleSetup;
import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.KeptSetup;
import fedexclient.cache.WaitingSamples;
import fedexclient.contract.ContractException;
import fedexclient.contract.SelfTest;
import fedexclient.recognise.RecogniseException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides, before a push, what is tested and what is kept back: nothing goes up that an untested setup computed.
 *
 * <p>A setup is tested as its first feature is kept, by the {@link Keeper}; this makes up for what could not be tested
 * then.
 */
public final class SelfTests {
  private SelfTests() {}

  /**
   * Tests what computes features here, if it was not tested yet and computed samples that wait. The outcome is kept,
   * for good.
   *
   * @param origin the group whose samples are looked at
   * @return what keeps samples back; null if all that wait can be uploaded
   */
  public static @Nullable KeepingException settle(Cache cache, String origin, Tester.Source source)
      throws CacheException {
    Map<BundleSetup, Long> untested = new HashMap<>();
    for (WaitingSamples waiting : cache.setups().waiting(origin)) {
      if (waiting.setup().outcome() == null) {
        untested.put(waiting.setup().used(), waiting.setup().key());
      }
    }
    if (!untested.isEmpty()) {
      try {
        test(cache, untested, source.open());
      } catch (RecogniseException | ContractException | IOException error) {
        return new UntestedException(error);
      }
    }
    return keptBack(cache.setups().waiting(origin));
  }

  private static void test(Cache cache, Map<BundleSetup, Long> untested, Tester tester)
      throws CacheException, RecogniseException, ContractException, IOException {
    Long key = untested.get(tester.used());
    if (key != null) {
      cache.setups().keep(key, tester.run());
    }
  }

  /** Says which samples a push does not send, once the test that is due was run; null where there are none. Pure. */
  static @Nullable KeptBackException keptBack(List<WaitingSamples> waiting) {
    List<WaitingSamples> failed = new ArrayList<>();
    List<WaitingSamples> untested = new ArrayList<>();
    for (WaitingSamples one : waiting) {
      if (one.setup().outcome() == null) {
        untested.add(one);
      } else if (!one.setup().hasPassed()) {
        failed.add(one);
      }
    }
    List<String> reasons = new ArrayList<>();
    if (!failed.isEmpty()) {
      reasons.add(count(failed) + " kept back: self-test " + describe(failed.get(0).setup()));
    }
    if (!untested.isEmpty()) {
      String names = " (" + untested.get(0).setup().used().setup() + ")";
      reasons.add(count(untested) + " kept back: computed by what is gone, untested" + names);
    }
    return reasons.isEmpty() ? null : new KeptBackException(String.join("; ", reasons), !failed.isEmpty());
  }

  private static String count(List<WaitingSamples> kept) {
    int count = 0;
    for (WaitingSamples one : kept) {
      count += one.samples();
    }
    return count == 1 ? "1 sample is" : count + " samples are";
  }

  /** Says for people how a self-test ended. Pure. */
  public static String describe(KeptSetup setup) {
    String names = " (" + setup.used().setup() + ")";
    String least = cosine(setup.used().leastCosinePpm());
    SelfTest outcome = setup.outcome();
    if (outcome == null) {
      return "not run yet, comes with the next inference" + names;
    }
    String got = cosine(outcome.cosinePpm());
    return setup.hasPassed() ? "passed: cosine " + got + ", at least " + least + names
        : "failed: expected a cosine of " + least + " at least, got " + got + names;
  }

  private static String cosine(int ppm) {
    return String.format(Locale.ROOT, "%.6f", (double) ppm / SelfTest.PPM);
  }
}
