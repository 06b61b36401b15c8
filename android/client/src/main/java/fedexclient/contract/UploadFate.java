package fedexclient.contract;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What becomes of an upload that was sent, by what it met: the only table of it. */
public enum UploadFate {
  /** The service has it: its samples need not be sent again. */
  ACKNOWLEDGED("acknowledged"),
  /** The samples that are at fault are set aside, the others sealed anew, and the push goes on. */
  SAMPLES_ARE_SET_ASIDE("samples are set aside"),
  /** Its samples are sealed anew, in smaller uploads, and the push goes on. */
  IS_SPLIT("is split"),
  /** It is kept, and not sent again until somebody asks for that; the push goes on. */
  IS_SET_ASIDE("is set aside"),
  /** It waits for the next push; this one goes on. */
  WAITS("waits, others go on"),
  /** It waits for the next push, as does all that is not acknowledged. */
  ALL_WAIT("waits, as do all others");

  private static final int TOO_LARGE = 413;
  private static final Set<Problem> OF_SAMPLES =
      EnumSet.of(Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE);
  private static final Set<Problem> OF_THE_UPLOAD = EnumSet.of(
      Problem.MALFORMED, Problem.UNSUPPORTED_VERSION, Problem.TOO_LARGE, Problem.IMPOSSIBLE, Problem.WRONG_SPACE,
      Problem.SELF_TEST_FAILED);

  private final String text;

  UploadFate(String text) {
    this.text = text;
  }

  /**
   * Decides by a refusal of the service.
   *
   * @param atFault the samples that it names; empty where the fault is not theirs
   * @param canSplit whether the upload can be taken apart: not a single sample, nor one whose feedback is not all here
   */
  public static UploadFate ofRefusal(Problem problem, List<Integer> atFault, boolean canSplit) {
    if (canSplit && !atFault.isEmpty() && OF_SAMPLES.contains(problem)) {
      return SAMPLES_ARE_SET_ASIDE;
    }
    if (canSplit && problem == Problem.TOO_LARGE) {
      return IS_SPLIT;
    }
    if (OF_THE_UPLOAD.contains(problem)) {
      return IS_SET_ASIDE;
    }
    return problem == Problem.UNKNOWN_SPACE || problem == Problem.RETIRED_SPACE ? WAITS : ALL_WAIT;
  }

  /** Decides by a refusal that is not the service's: a proxy's own bound, whose smaller uploads lose nothing. */
  public static UploadFate ofUnexplained(int status, boolean canSplit) {
    return status == TOO_LARGE ? ofCutOff(canSplit) : ALL_WAIT;
  }

  /** Decides about an upload that broke off: a line that does not last for all of it may last for half. */
  public static UploadFate ofCutOff(boolean canSplit) {
    return canSplit ? IS_SPLIT : ALL_WAIT;
  }

  /** In the words of the contract's page. */
  @Override
  public String toString() {
    return text;
  }
}
