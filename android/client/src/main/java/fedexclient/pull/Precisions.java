package fedexclient.pull;

import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.heads.HeadEntry;
import java.util.ArrayList;
import java.util.List;

/** In which order what a release offers is tried, and whether a newer one offers the same. */
final class Precisions {
  private Precisions() {}

  /** The wanted one, then the more exact ones first. */
  static List<Precision> toTry(Manifest manifest, Precision wanted) {
    List<Precision> order = new ArrayList<>(manifest.heads().keySet()); // in the order of the enum
    if (order.remove(wanted)) {
      order.add(0, wanted);
    }
    return order;
  }

  /**
   * Whether a newer release says of an installed head what the release before said: it offers the same files to try, up
   * to the one that is installed, and answers are made of its logits in the same way.
   */
  static boolean isSame(Manifest before, Manifest newer, HeadEntry entry, Precision installed) {
    List<Precision> tried = upTo(installed, toTry(before, entry.wanted()));
    boolean isSame = tried.equals(upTo(installed, toTry(newer, entry.wanted())));
    for (Precision one : tried) {
      isSame = isSame && before.heads().get(one).equals(newer.heads().get(one));
    }
    return isSame && before.labels().equals(newer.labels()) && before.temperature() == newer.temperature()
        && before.points().equals(newer.points());
  }

  private static List<Precision> upTo(Precision last, List<Precision> order) {
    return order.subList(0, order.indexOf(last) + 1);
  }
}
