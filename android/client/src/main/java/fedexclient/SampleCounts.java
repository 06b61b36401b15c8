package fedexclient;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.UploadState;
import fedexclient.cache.UploadStatus;
import fedexclient.cache.WaitingSamples;
import fedexclient.contract.Problem;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How many samples, answers on which feedback was given, are where. */
public final class SampleCounts {
  private final long inferences;
  private final long acknowledged;
  private long waiting;
  private long keptBack;
  private long refused;
  private final Set<Problem> refusals = EnumSet.noneOf(Problem.class);

  private SampleCounts(long inferences, long acknowledged) {
    this.inferences = inferences;
    this.acknowledged = acknowledged;
  }

  /**
   * Counts them.
   *
   * @param origin of the group in which feedback is given, empty before enrolment
   * @param device of the enrolled device; null: it is not enrolled
   * @param retired the spaces that a signed list calls so
   */
  static SampleCounts of(Cache cache, String origin, @Nullable String device, Set<String> retired)
      throws CacheException {
    SampleCounts counts = new SampleCounts(cache.inferences().count(), cache.uploads().countAcknowledgedSamples());
    for (WaitingSamples unsealed : cache.setups().waiting(origin)) {
      counts.addUnsealed(unsealed);
    }
    for (UploadStatus upload : cache.uploads().unfinished()) {
      counts.addSealed(upload, device, retired);
    }
    return counts;
  }

  private void addUnsealed(WaitingSamples unsealed) {
    // What was not tested yet may still be, by the next push.
    if (unsealed.setup().outcome() == null || unsealed.setup().hasPassed()) {
      waiting += unsealed.samples();
    } else {
      keptBack += unsealed.samples();
    }
  }

  private void addSealed(UploadStatus upload, @Nullable String device, Set<String> retired) {
    if (upload.state() == UploadState.REFUSED) {
      refused += upload.samples();
      if (retired.contains(upload.space())) {
        refusals.add(Problem.RETIRED_SPACE);
      } else {
        addRefusal(upload.problem());
      }
    } else if (upload.device().equals(device)) {
      waiting += upload.samples();
    } else {
      keptBack += upload.samples(); // sealed as another device, which nobody sends as this one
    }
  }

  /** Takes down the type that a refusal begins with; what was damaged in the cache has none. */
  private void addRefusal(@Nullable String said) {
    for (Problem problem : Problem.values()) {
      if (said != null && said.startsWith(problem + " ")) {
        refusals.add(problem);
      }
    }
  }

  /** Answers that are kept, with or without feedback. */
  public long inferences() {
    return inferences;
  }

  /** Samples that the next push sends. */
  public long waiting() {
    return waiting;
  }

  /** Samples that no push sends: what computed them failed its self-test, or another device's uploads. */
  public long keptBack() {
    return keptBack;
  }

  /** Samples that the service refused, and that are kept. */
  public long refused() {
    return refused;
  }

  /** Why: each type of problem once. Of a space that was retired since, that is why: they would not be sent again. */
  public Set<Problem> refusals() {
    return Collections.unmodifiableSet(refusals);
  }

  /** Samples that the service has. */
  public long acknowledged() {
    return acknowledged;
  }
}
