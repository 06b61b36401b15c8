package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The list of a pool's releases, newest first, that its people may look at. */
public final class History {
  /** Of a list. */
  public static final int MAX_RELEASES = 100;

  /** Of a list. */
  public static final int MAX_BYTES = 4 << 20;

  private final List<ReleaseSummary> releases;

  private History(List<ReleaseSummary> releases) {
    this.releases = releases;
  }

  public static History parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "history", MAX_BYTES);
    List<ReleaseSummary> releases = new ArrayList<>();
    for (Fields release : fields.documents("releases", MAX_RELEASES)) {
      releases.add(ReleaseSummary.parse(release));
    }
    return new History(Collections.unmodifiableList(releases));
  }

  public List<ReleaseSummary> releases() {
    return releases;
  }
}
