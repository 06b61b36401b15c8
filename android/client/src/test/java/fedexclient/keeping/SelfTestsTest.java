package fedexclient.keeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.BundleSetup;
import fedexclient.cache.KeptSetup;
import fedexclient.cache.WaitingSamples;
import fedexclient.contract.SelfTest;
import fedexclient.contract.Setup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

/** What failed its self-test, or never took it, stays here. */
public class SelfTestsTest extends KeepingTestCase {
  private static KeptSetup setup(Integer cosinePpm) throws Exception {
    Setup names = Setup.of("app", "runtime", "cpu", "system");
    SelfTest outcome = cosinePpm == null ? null : SelfTest.of(names, cosinePpm);
    return new KeptSetup(1, new BundleSetup(names, "b".repeat(64), 990_000), outcome);
  }

  /** Two samples of each setup. */
  private static KeptBackException keptBack(Integer... cosines) throws Exception {
    List<WaitingSamples> waiting = new ArrayList<>();
    for (Integer cosine : cosines) {
      waiting.add(new WaitingSamples(setup(cosine), 2));
    }
    return SelfTests.keptBack(waiting);
  }

  @Test
  public void what_is_kept_back_is_counted_and_the_reason_said() throws Exception {
    String gone = "samples are kept back: computed by what is gone, untested (app, runtime, cpu, system)";
    String failed = "2 samples are kept back: self-test failed: expected a cosine of 0.990000 at least, got ";
    assertNull(keptBack());
    assertNull(keptBack(990_000, 1_000_000));
    assertEquals("2 " + gone, keptBack((Integer) null).getMessage());
    assertFalse(keptBack((Integer) null).canMend());
    assertEquals(failed + "-0.500000 (app, runtime, cpu, system); 4 " + gone,
        keptBack(null, -500_000, null).getMessage());
    assertEquals(failed + "0.989999 (app, runtime, cpu, system)", keptBack(989_999, 1_000_000).getMessage());
    assertTrue(keptBack(null, 989_999).canMend());
    assertEquals("1 sample is kept back: self-test failed: expected a cosine of 0.990000 at least, got 0.000000 (app, "
        + "runtime, cpu, system)", SelfTests.keptBack(List.of(new WaitingSamples(setup(0), 1))).getMessage());
  }

  @Test
  public void how_a_test_ended_is_said() throws Exception {
    assertEquals("not run yet, comes with the next inference (app, runtime, cpu, system)",
        SelfTests.describe(setup(null)));
    assertEquals("passed: cosine 0.999987, at least 0.990000 (app, runtime, cpu, system)",
        SelfTests.describe(setup(999_987)));
  }

  @Test
  public void where_nothing_waits_nothing_is_opened() throws Exception {
    assertNull(SelfTests.settle(cache, ORIGIN, KeepingTestCase::never));
  }

  @Test
  public void a_push_makes_up_for_a_test_that_could_not_be_run() throws Exception {
    give(first.ending(null), 1, "Ada");
    assertInstanceOf(UntestedException.class, settle(first));
    assertEquals(0, push().samples());
    assertNull(settle(first.ending(999_987)));
    assertEquals(1, push().samples());
    assertNull(SelfTests.settle(cache, ORIGIN, KeepingTestCase::never));
  }

  @Test
  public void what_a_damaged_app_computed_stays_back_when_the_next_version_is_right() throws Exception {
    give(first.ending(-20_000), 1, "Ada");
    KeptBackException keptBack = assertInstanceOf(KeptBackException.class, settle(first));
    assertTrue(keptBack.canMend());
    assertEquals(0, push().uploads());
    give(next, 2, "Ben");
    assertInstanceOf(KeptBackException.class, settle(next));
    push();
    assertEquals(List.of(List.of("Ben")), service.labels());
    give(next, 1, "Ada"); // the same photo, recognised again
    assertNull(settle(next));
    push();
    assertEquals(List.of(List.of("Ben"), List.of("Ada")), service.labels());
    assertEquals(List.of("fedex 2 999987", "fedex 2 999987"), tested());
  }

  @Test
  public void a_test_that_failed_is_not_run_again() throws Exception {
    give(first.ending(-20_000), 1, "Ada");
    settle(first.ending(999_987));
    assertEquals(1, first.runs);
    assertInstanceOf(KeptBackException.class, settle(first));
  }

  @Test
  public void what_a_version_computed_that_is_gone_untested_stays_back() throws Exception {
    give(first.ending(null), 1, "Ada");
    KeptBackException keptBack = assertInstanceOf(KeptBackException.class, settle(next));
    assertFalse(keptBack.canMend());
    assertTrue(keptBack.getMessage().startsWith("1 sample is kept back: computed by what is gone, untested (fedex 1,"));
    assertEquals(0, next.runs);
    assertEquals(0, push().uploads());
    give(next, 1, "Ada"); // as advised
    assertNull(settle(next));
    assertEquals(1, push().samples());
  }

  @Test
  public void what_passed_its_test_is_sent_whatever_runs_now() throws Exception {
    give(first, 1, "Ada");
    assertNull(SelfTests.settle(cache, ORIGIN, KeepingTestCase::never));
    assertEquals(1, push().samples());
  }

  @Test
  public void a_bundle_that_cannot_be_opened_keeps_back_what_is_untested_alone() throws Exception {
    give(first, 1, "Ada");
    give(next.ending(null), 2, "Ben");
    KeepingException problem = SelfTests.settle(cache, ORIGIN, () -> {
      throw new IOException("bundle.json: no such file");
    });
    assertEquals("self-test: bundle.json: no such file", problem.getMessage());
    push();
    assertEquals(List.of(List.of("Ada")), service.labels());
  }

  @Test
  public void what_was_given_in_another_group_is_not_looked_at() throws Exception {
    give(first.ending(null), 1, "Ada");
    assertNull(SelfTests.settle(cache, "others@0123456789abcdef", KeepingTestCase::never));
  }
}
