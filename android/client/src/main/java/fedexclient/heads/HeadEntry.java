package fedexclient.heads;

import fedexclient.contract.Precision;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One installed head, as the pointer names it. */
public final class HeadEntry {
  private final String envelope;
  private final @Nullable Precision precision;
  private final String etag;
  private final Precision wanted;

  /**
   * Names a head.
   *
   * @param envelope the sha256 of its envelope
   * @param precision null: its release says that the head of the bundle serves
   * @param etag the tag to ask the service with; empty where it gave none
   * @param wanted the precision that was asked for; another one serves where that was not there, or did not work
   */
  public HeadEntry(String envelope, @Nullable Precision precision, String etag, Precision wanted) {
    this.envelope = envelope;
    this.precision = precision;
    this.etag = etag;
    this.wanted = wanted;
  }

  /** The sha256 of its envelope. */
  public String envelope() {
    return envelope;
  }

  /** Null: its release says that the head of the bundle serves. */
  public @Nullable Precision precision() {
    return precision;
  }

  /** The tag to ask the service with; empty where it gave none. */
  public String etag() {
    return etag;
  }

  /** The precision that was asked for; another one serves where that was not there, or did not work. */
  public Precision wanted() {
    return wanted;
  }

  /** The same head, of a newer release. */
  public HeadEntry renewed(String newEnvelope, String newEtag) {
    return new HeadEntry(newEnvelope, precision, newEtag, wanted);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof HeadEntry)) {
      return false;
    }
    HeadEntry that = (HeadEntry) other;
    return envelope.equals(that.envelope) && precision == that.precision && etag.equals(that.etag)
        && wanted == that.wanted;
  }

  @Override
  public int hashCode() {
    return Objects.hash(envelope, precision, etag, wanted);
  }

  @Override
  public String toString() {
    return envelope + ", " + precision;
  }
}
