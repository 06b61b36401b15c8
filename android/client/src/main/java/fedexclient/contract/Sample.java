package fedexclient.contract;

/** One labelled feature of an upload. */
public final class Sample {
  /** The greatest revision, a uint32. */
  public static final long MAX_REVISION = 0xffffffffL;

  private final byte[] id;
  private final long revision;
  private final String label;
  private final float[] feature;

  /**
   * Makes a sample.
   *
   * @param id 16 bytes, as {@link SampleIds} makes them
   * @param revision of one id the highest counts
   * @param label as {@link Label#of} leaves it
   * @param feature in C order
   * @throws ContractException an id, a revision or a label that none can be
   */
  public Sample(byte[] id, long revision, String label, float[] feature) throws ContractException {
    if (id.length != SampleIds.BYTES) {
      throw new ImpossibleException("sample_ids", SampleIds.BYTES + " bytes", id.length + " bytes");
    }
    if (revision < 0 || revision > MAX_REVISION) {
      throw new ImpossibleException("revisions", "0 to " + MAX_REVISION, Long.toString(revision));
    }
    this.id = id.clone();
    this.revision = revision;
    this.label = Label.check(label, "upload.labels");
    this.feature = feature.clone();
  }

  public byte[] id() {
    return id.clone();
  }

  public long revision() {
    return revision;
  }

  public String label() {
    return label;
  }

  /** In C order. */
  public float[] feature() {
    return feature.clone();
  }

  int elements() {
    return feature.length;
  }

  void copyFeature(float[] values, int start) {
    System.arraycopy(feature, 0, values, start, feature.length);
  }
}
