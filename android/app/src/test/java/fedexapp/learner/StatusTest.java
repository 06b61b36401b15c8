package fedexapp.learner;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import fedexclient.contract.Problem;
import java.util.Arrays;
import java.util.Collections;
import org.junit.Test;

public final class StatusTest {
  private static Status refused(Problem... reasons) {
    return new Status(new Samples(2, 0, 2, 0), new Release(0, null, null, 0))
        .withGroup(new Group("kitchen", "https://fedex.example.org"), true).withRefusals(Arrays.asList(reasons));
  }

  @Test
  public void whatAServiceThatIsPutRightMayTakeIsSentAgain() {
    assertTrue(refused(Problem.MALFORMED).mayRetry());
    assertTrue(refused(Problem.TOO_LARGE).mayRetry());
    assertTrue(refused(Problem.IMPOSSIBLE).mayRetry());
    assertTrue(refused(Problem.WRONG_SPACE).mayRetry());
  }

  @Test
  public void whatOnlyAnotherVersionOfTheAppCouldHaveTakenIsNot() {
    assertFalse(refused(Problem.UNSUPPORTED_VERSION).mayRetry());
    assertFalse(refused(Problem.SELF_TEST_FAILED).mayRetry());
    assertFalse(refused(Problem.RETIRED_SPACE).mayRetry());
    assertFalse(refused(Problem.SELF_TEST_FAILED, Problem.RETIRED_SPACE).mayRetry());
  }

  @Test
  public void whatWasRefusedForSeveralReasonsIsSentAgainWhereOneOfThemMayPass() {
    assertTrue(refused(Problem.SELF_TEST_FAILED, Problem.TOO_LARGE).mayRetry());
  }

  /** Such an upload was damaged on this phone, and no service was asked. */
  @Test
  public void whatNobodyRefusedIsNotSentAgain() {
    assertFalse(refused().mayRetry());
  }

  @Test
  public void nothingIsSentAgainWithoutRefusalsAGroupOrConsent() {
    assertTrue(refused(Problem.TOO_LARGE).mayRetry());
    assertFalse(refused(Problem.TOO_LARGE).withGroup(null, true).mayRetry());
    assertFalse(refused(Problem.TOO_LARGE).withGroup(new Group("kitchen", "https://x.example"), false).mayRetry());
    assertFalse(new Status(new Samples(2, 2, 0, 0), new Release(0, null, null, 0))
        .withGroup(new Group("kitchen", "https://x.example"), true)
        .withRefusals(Collections.singletonList(Problem.TOO_LARGE)).mayRetry());
  }
}
