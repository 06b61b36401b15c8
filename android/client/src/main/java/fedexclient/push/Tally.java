package fedexclient.push;

import fedexclient.cache.SealedUpload;
import fedexclient.contract.Problem;
import fedexclient.contract.UploadFate;
import fedexclient.service.RefusedException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What a push that still runs has done so far. */
final class Tally {
  int uploads;
  int samples;
  long bytes;
  int refused;
  int leftOut;
  @Nullable Exception problem;
  boolean hasMetRetirement;
  boolean wasStopped;

  void acknowledged(SealedUpload sealed) {
    uploads++;
    samples += sealed.samples();
    bytes += sealed.size();
  }

  /** Counts what became of an upload that was not acknowledged; one that is split is nothing that went wrong. */
  void met(Exception met, UploadFate fate) {
    if (fate == UploadFate.IS_SPLIT) {
      return;
    }
    problem = problem == null ? met : problem;
    refused += fate == UploadFate.IS_SET_ASIDE || fate == UploadFate.SAMPLES_ARE_SET_ASIDE ? 1 : 0;
    hasMetRetirement |= met instanceof RefusedException
        && ((RefusedException) met).problem() == Problem.RETIRED_SPACE;
  }

  void leftOut(Collection<UnsendableException> reasons) {
    leftOut = reasons.size();
    problem = problem == null && leftOut > 0 ? reasons.iterator().next() : problem;
  }
}
