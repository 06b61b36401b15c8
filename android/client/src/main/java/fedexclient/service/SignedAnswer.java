package fedexclient.service;

import org.jspecify.annotations.Nullable;

/** Something signed, a release or a list of spaces, as it came, not judged yet. */
public final class SignedAnswer {
  /** Of a tag that is kept; whoever gave a longer one is asked without. */
  public static final int MAX_ETAG_CHARACTERS = 256;

  private final byte[] envelope;
  private final String etag;
  private final @Nullable Long date;

  /**
   * Takes an answer.
   *
   * @param etag the tag to ask with next time; empty where the service gave none
   * @param date what the service's clock said, Unix seconds; null where it did not say so over TLS
   */
  public SignedAnswer(byte[] envelope, String etag, @Nullable Long date) {
    this.envelope = envelope;
    this.etag = etag;
    this.date = date;
  }

  public byte[] envelope() {
    return envelope;
  }

  /** The tag to ask with next time; empty where the service gave none. */
  public String etag() {
    return etag;
  }

  /** What the service's clock said, Unix seconds; null where it did not say so over TLS. */
  public @Nullable Long date() {
    return date;
  }
}
