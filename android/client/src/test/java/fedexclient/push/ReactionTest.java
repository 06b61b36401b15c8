package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;

import fedexclient.contract.Problem;
import fedexclient.contract.UploadFate;
import fedexclient.service.CutOffException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnexplainedException;
import fedexclient.service.UnreachableException;
import fedexclient.trust.ProtocolViolationException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of an upload that met each problem of the contract, and each other error. */
class ReactionTest {
  private static final Set<Problem> ASIDE = EnumSet.of(Problem.MALFORMED, Problem.UNSUPPORTED_VERSION,
      Problem.IMPOSSIBLE, Problem.WRONG_SPACE, Problem.SELF_TEST_FAILED);
  private static final Set<Problem> OF_THE_SPACE = EnumSet.of(Problem.UNKNOWN_SPACE, Problem.RETIRED_SPACE);
  private static final Set<Problem> OF_SAMPLES =
      EnumSet.of(Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE);

  private static UploadFate fateOf(Problem problem) {
    if (problem == Problem.TOO_LARGE) {
      return UploadFate.IS_SPLIT;
    }
    if (ASIDE.contains(problem)) {
      return UploadFate.IS_SET_ASIDE;
    }
    return OF_THE_SPACE.contains(problem) ? UploadFate.WAITS : UploadFate.ALL_WAIT;
  }

  @ParameterizedTest
  @EnumSource(Problem.class)
  void what_the_service_refuses(Problem problem) {
    assertEquals(fateOf(problem), Reaction.to(ScriptedService.refusal(problem), true));
    UploadFate alone = problem == Problem.TOO_LARGE ? UploadFate.IS_SET_ASIDE : fateOf(problem);
    assertEquals(alone, Reaction.to(ScriptedService.refusal(problem), false));
  }

  @ParameterizedTest
  @EnumSource(Problem.class)
  void what_the_service_refuses_for_the_fault_of_some_samples(Problem problem) {
    UploadFate named = OF_SAMPLES.contains(problem) ? UploadFate.SAMPLES_ARE_SET_ASIDE : fateOf(problem);
    assertEquals(named, Reaction.to(ScriptedService.refusal(problem, 3), true));
    UploadFate alone = problem == Problem.TOO_LARGE ? UploadFate.IS_SET_ASIDE : fateOf(problem);
    assertEquals(alone, Reaction.to(ScriptedService.refusal(problem, 3), false));
  }

  static Stream<Arguments> others() {
    IOException broken = new IOException("broken");
    return Stream.of(
        Arguments.of(new DamagedUploadException("1a"), UploadFate.IS_SET_ASIDE, UploadFate.IS_SET_ASIDE),
        Arguments.of(new SpaceRetiredException("1a", "5b"), UploadFate.WAITS, UploadFate.WAITS),
        Arguments.of(new TryLaterException("busy", 7L), UploadFate.ALL_WAIT, UploadFate.ALL_WAIT),
        Arguments.of(new UnreachableException("gone", broken), UploadFate.ALL_WAIT, UploadFate.ALL_WAIT),
        Arguments.of(new StoppedException(), UploadFate.ALL_WAIT, UploadFate.ALL_WAIT),
        Arguments.of(new CutOffException("in the middle", broken), UploadFate.IS_SPLIT, UploadFate.ALL_WAIT),
        Arguments.of(new ProtocolViolationException("a page"), UploadFate.ALL_WAIT, UploadFate.ALL_WAIT),
        Arguments.of(new UnexplainedException("a proxy", 403), UploadFate.ALL_WAIT, UploadFate.ALL_WAIT),
        Arguments.of(new UnexplainedException("a bound", 413), UploadFate.IS_SPLIT, UploadFate.ALL_WAIT));
  }

  @ParameterizedTest
  @MethodSource("others")
  void what_met_something_else(Exception problem, UploadFate whole, UploadFate alone) {
    assertEquals(whole, Reaction.to(problem, true));
    assertEquals(alone, Reaction.to(problem, false));
  }
}
