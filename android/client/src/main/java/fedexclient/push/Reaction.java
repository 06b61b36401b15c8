package fedexclient.push;

import fedexclient.contract.UploadFate;
import fedexclient.service.CutOffException;
import fedexclient.service.RefusedException;
import fedexclient.service.UnexplainedException;

/**
 * Decides what becomes of an upload that was not acknowledged, and whether the push goes on. Pure.
 *
 * <p>The contract's {@link UploadFate} has the table of answers; here is what else an upload may meet.
 */
final class Reaction {
  private Reaction() {}

  /**
   * Decides by what sending it met.
   *
   * @param canSplit whether it can be taken apart: not a single sample, nor one whose feedback is not all here
   */
  static UploadFate to(Exception problem, boolean canSplit) {
    if (problem instanceof RefusedException) {
      RefusedException refusal = (RefusedException) problem;
      return UploadFate.ofRefusal(refusal.problem(), refusal.samples(), canSplit);
    }
    if (problem instanceof UnexplainedException) {
      return UploadFate.ofUnexplained(((UnexplainedException) problem).status(), canSplit);
    }
    if (problem instanceof CutOffException) {
      return UploadFate.ofCutOff(canSplit);
    }
    if (problem instanceof DamagedUploadException) {
      return UploadFate.IS_SET_ASIDE;
    }
    // Of anything else, who asks and how, a service in trouble, a proxy, the others would fare no better.
    return problem instanceof SpaceRetiredException ? UploadFate.WAITS : UploadFate.ALL_WAIT;
  }
}
