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

  /**
   * Takes an answer.
   *
   * @param inference its id, by which it is agreed to or corrected
   * @param box in the pixels of the upright photo; null: the answer is about the whole photo
   * @param results best first, at least one
   * @param isUnknown whether even the best one is too unsure to be said
   */
  public SeenFace(String inference, @Nullable Box box, List<Ranked> results, boolean isUnknown) {
    this.inference = inference;
    this.box = box;
    this.results = Collections.unmodifiableList(new ArrayList<>(results));
    this.isUnknown = isUnknown;
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
}
