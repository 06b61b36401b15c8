package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which boxes of a photo are of faces that were seen in it before, so that a sample keeps its id. */
public final class BoxMatches {
  /** The overlap from which on two boxes of one photo are of one face. */
  public static final double SAME_FACE = 0.5;

  private BoxMatches() {}

  /**
   * Returns for each box the place of the known one that is of the same face; null where none is.
   *
   * <p>Pairs are taken by their overlap, the greatest first; of equal ones that of the earlier box, then of the earlier
   * known one.
   */
  public static List<@Nullable Integer> of(List<Box> boxes, List<Box> known) {
    List<@Nullable Integer> matches = new ArrayList<>(Collections.nCopies(boxes.size(), null));
    for (Pair pair : pairs(boxes, known)) {
      if (matches.get(pair.box) == null && !matches.contains(pair.known)) {
        matches.set(pair.box, pair.known);
      }
    }
    return Collections.unmodifiableList(matches);
  }

  private static List<Pair> pairs(List<Box> boxes, List<Box> known) {
    List<Pair> pairs = new ArrayList<>();
    for (int box = 0; box < boxes.size(); box++) {
      for (int index = 0; index < known.size(); index++) {
        double overlap = boxes.get(box).overlap(known.get(index));
        if (overlap >= SAME_FACE) {
          pairs.add(new Pair(box, index, overlap));
        }
      }
    }
    // Stable: of equal ones the first stays the first.
    Collections.sort(pairs, (one, other) -> Double.compare(other.overlap, one.overlap));
    return pairs;
  }

  private static final class Pair {
    final int box;
    final int known;
    final double overlap;

    Pair(int box, int known, double overlap) {
      this.box = box;
      this.known = known;
      this.overlap = overlap;
    }
  }
}
