package fedexclient.contract;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The thresholds that were measured with a head: all three, or none where nothing was fitted. */
public final class Points {
  private final double threshold;
  private final Map<Strictness, UnknownPoint> points;

  private Points(double threshold, Map<Strictness, UnknownPoint> points) {
    this.threshold = threshold;
    this.points = points;
  }

  /**
   * Reads {@code threshold} and {@code points} of a document.
   *
   * @throws ImpossibleException thresholds that rise, or a threshold that is none of theirs
   */
  static Points parse(Fields fields) throws ContractException {
    double threshold = fields.number("threshold", 0, 1);
    Map<Strictness, UnknownPoint> points = new EnumMap<>(Strictness.class);
    if (fields.has("points")) {
      Fields named = fields.document("points");
      double most = 1;
      boolean isOne = false;
      for (Strictness strictness : Strictness.values()) {
        UnknownPoint point = UnknownPoint.parse(named.document(strictness.toString()));
        if (point.threshold() > most) {
          String where = named.place(strictness + ".threshold");
          throw new ImpossibleException(where, most + " at most", Double.toString(point.threshold()));
        }
        most = point.threshold();
        isOne |= most == threshold;
        points.put(strictness, point);
      }
      if (!isOne) {
        throw new ImpossibleException(fields.place("threshold"), "one of the points'", Double.toString(threshold));
      }
    }
    return new Points(threshold, points);
  }

  /** The threshold that the group's operator chose. */
  public double threshold() {
    return threshold;
  }

  /** What was measured at a point; null where there are none. */
  public @Nullable UnknownPoint at(Strictness strictness) {
    return points.get(strictness);
  }

  /** The threshold in use: that of the point that the app or its user chose, if it is there. */
  public double thresholdAt(@Nullable Strictness choice) {
    @Nullable UnknownPoint point = choice == null ? null : points.get(choice);
    return point == null ? threshold : point.threshold();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Points && ((Points) other).threshold == threshold
        && ((Points) other).points.equals(points);
  }

  @Override
  public int hashCode() {
    return Double.valueOf(threshold).hashCode();
  }
}
