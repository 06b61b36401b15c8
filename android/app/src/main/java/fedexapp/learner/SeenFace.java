package fedexapp.learner;

import fedexclient.contract.Box;
import fedexclient.recognise.Ranked;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One face of a photo, or a whole photo, and who or what it is said to be. */
public final class SeenFace {
  private final String inference;
  private final @Nullable Box box;
  private final List<Ranked> results;
  private final boolean isUnknown;
  private final @Nullable Exception problem;

  /**
   * Takes an answer.
   *
   * @param inference its id, by which it is agreed to or corrected
   * @param box in the pixels of the upright photo; null: the answer is about the whole photo
   * @param results best first, at least one
   * @param isUnknown whether even the best one is too unsure to be said
   */
  public SeenFace(String inference, @Nullable Box box, List<Ranked> results, boolean isUnknown) {
    this(inference, box, Collections.unmodifiableList(new ArrayList<>(results)), isUnknown, null);
  }

  private SeenFace(String inference, @Nullable Box box, List<Ranked> results, boolean isUnknown,
      @Nullable Exception problem) {
    this.inference = inference;
    this.box = box;
    this.results = results;
    this.isUnknown = isUnknown;
    this.problem = problem;
  }

  /** The same where the answer could not be kept: nothing can be said of it. */
  public SeenFace notKept(Exception reason) {
    return new SeenFace(inference, box, results, isUnknown, reason);
  }

  public String inference() {
    return inference;
  }

  /** In the pixels of the upright photo; null: it is about the whole. */
  public @Nullable Box box() {
    return box;
  }

  /** Best first, at least one. */
  public List<Ranked> results() {
    return results;
  }

  public Ranked best() {
    return results.get(0);
  }

  /** Whether even the best one is too unsure to be said. */
  public boolean isUnknown() {
    return isUnknown;
  }

  /** Why the answer could not be kept, so that nothing can be said of it; null: it is kept. */
  public @Nullable Exception problem() {
    return problem;
  }
}
