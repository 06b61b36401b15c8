package fedexclient.cache;

import java.util.Arrays;

/** Feedback that is in no upload yet. */
public final class UnsealedFeedback {
  private final long revision;
  private final byte[] sampleId;
  private final long spaceKey;
  private final long setupKey;

  /**
   * Makes one of its parts.
   *
   * @param revision of two on one sample, the higher counts
   * @param sampleId 16 bytes
   * @param setupKey of what computed it
   */
  public UnsealedFeedback(long revision, byte[] sampleId, long spaceKey, long setupKey) {
    this.revision = revision;
    this.sampleId = sampleId;
    this.spaceKey = spaceKey;
    this.setupKey = setupKey;
  }

  public long revision() {
    return revision;
  }

  /** 16 bytes. */
  public byte[] sampleId() {
    return sampleId.clone();
  }

  public long spaceKey() {
    return spaceKey;
  }

  /** Of what computed it. */
  public long setupKey() {
    return setupKey;
  }

  /** Whether both are on the same sample: feedback of a higher revision replaces what is lower on the same one. */
  public boolean isOnTheSampleOf(UnsealedFeedback other) {
    return spaceKey == other.spaceKey && setupKey == other.setupKey && Arrays.equals(sampleId, other.sampleId);
  }
}
