package fedexclient.cache;

import fedexclient.recognise.Ranked;
import java.util.List;

/** One inference of the cache, without its feature. */
public final class StoredInference {
  private final long id;
  private final List<Ranked> results;
  private final boolean isUnknown;
  private final long headSerial;
  private final long takenMs;

  /**
   * Makes one of its parts.
   *
   * @param results the best labels, best first
   * @param headSerial of which release the head is that answered; 0: the bundle's
   * @param takenMs Unix milliseconds
   */
  public StoredInference(long id, List<Ranked> results, boolean isUnknown, long headSerial, long takenMs) {
    this.id = id;
    this.results = results;
    this.isUnknown = isUnknown;
    this.headSerial = headSerial;
    this.takenMs = takenMs;
  }

  public long id() {
    return id;
  }

  /** The best labels, best first. */
  public List<Ranked> results() {
    return results;
  }

  /** Whether the answer was "unknown". */
  public boolean isUnknown() {
    return isUnknown;
  }

  /** Of which release the head is that answered; 0: the bundle's. */
  public long headSerial() {
    return headSerial;
  }

  /** Unix milliseconds. */
  public long takenMs() {
    return takenMs;
  }
}
