package fedexclient.push;

import fedexclient.cache.UnsealedFeedback;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses which feedback goes into the next upload. Pure. */
final class Chooser {
  private Chooser() {}

  /**
   * Chooses among all that waits; null if nothing does.
   *
   * @param unsealed in the order of revisions; the oldest decides space and setup, as an upload is of one of each
   * @param maxSamples the most in one upload
   */
  static @Nullable Choice choose(List<UnsealedFeedback> unsealed, int maxSamples) {
    return unsealed.isEmpty() ? null : choose(likeTheFirst(unsealed, unsealed.get(0)), maxSamples, null);
  }

  /** Chooses among some revisions, where they are the highest of their samples; null if there is none. */
  static @Nullable Choice chooseOnly(Set<Long> only, List<UnsealedFeedback> unsealed, int maxSamples) {
    for (UnsealedFeedback one : unsealed) {
      if (only.contains(one.revision())) {
        return choose(likeTheFirst(unsealed, one), maxSamples, only);
      }
    }
    return null;
  }

  private static List<UnsealedFeedback> likeTheFirst(List<UnsealedFeedback> unsealed, UnsealedFeedback first) {
    List<UnsealedFeedback> same = new ArrayList<>();
    for (UnsealedFeedback one : unsealed) {
      if (one.spaceKey() == first.spaceKey() && one.setupKey() == first.setupKey()) {
        same.add(one);
      }
    }
    return same;
  }

  private static @Nullable Choice choose(List<UnsealedFeedback> same, int maxSamples, @Nullable Set<Long> only) {
    // In the order in which samples first came.
    Map<ByteBuffer, Long> highest = new LinkedHashMap<>();
    for (UnsealedFeedback one : same) {
      highest.put(sampleOf(one), one.revision());
    }
    Set<ByteBuffer> samples = new HashSet<>();
    for (Map.Entry<ByteBuffer, Long> sample : highest.entrySet()) {
      if (samples.size() < maxSamples && (only == null || only.contains(sample.getValue()))) {
        samples.add(sample.getKey());
      }
    }
    return samples.isEmpty() ? null : choiceOf(same, highest, samples);
  }

  private static Choice choiceOf(List<UnsealedFeedback> same, Map<ByteBuffer, Long> highest, Set<ByteBuffer> samples) {
    List<Long> revisions = new ArrayList<>();
    List<Long> superseded = new ArrayList<>();
    for (UnsealedFeedback one : same) {
      ByteBuffer sample = sampleOf(one);
      if (samples.contains(sample)) {
        (Long.valueOf(one.revision()).equals(highest.get(sample)) ? revisions : superseded).add(one.revision());
      }
    }
    return new Choice(revisions, superseded);
  }

  private static ByteBuffer sampleOf(UnsealedFeedback one) {
    return ByteBuffer.wrap(one.sampleId());
  }
}
