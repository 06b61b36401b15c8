package fedexclient.push;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What goes into the next upload. */
final class Choice {
  private final List<Long> revisions;
  private final List<Long> superseded;

  Choice(List<Long> revisions, List<Long> superseded) {
    this.revisions = Collections.unmodifiableList(revisions);
    this.superseded = Collections.unmodifiableList(superseded);
  }

  /** Of one space and setup, the highest of each sample, rising. */
  List<Long> revisions() {
    return revisions;
  }

  /** Lower revisions of the same samples; they are marked with the upload and never sent. */
  List<Long> superseded() {
    return superseded;
  }

  /** All revisions that the upload settles. */
  List<Long> taken() {
    List<Long> taken = new ArrayList<>(revisions);
    taken.addAll(superseded);
    return taken;
  }
}
