package fedexclient.cache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A sample with the label that some feedback gave it. */
public final class LabelledSample {
  private final long revision;
  private final long inference;
  private final byte[] sampleId;
  private final String label;
  private final byte[] feature;
  private final long setupKey;

  /** Takes the feature as float32, little-endian, C order. */
  LabelledSample(long revision, long inference, byte[] sampleId, String label, byte[] feature, long setupKey) {
    this.revision = revision;
    this.inference = inference;
    this.sampleId = sampleId;
    this.label = label;
    this.feature = feature;
    this.setupKey = setupKey;
  }

  public long revision() {
    return revision;
  }

  public long inference() {
    return inference;
  }

  /** 16 bytes. */
  public byte[] sampleId() {
    return sampleId.clone();
  }

  public String label() {
    return label;
  }

  /** In C order. */
  public float[] feature() {
    float[] values = new float[feature.length / Float.BYTES];
    ByteBuffer.wrap(feature).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** Whether the feature is as large as those of a space are. */
  public boolean isOf(FeatureSpace space) {
    return feature.length == space.featureBytes();
  }

  /** Of what computed it. */
  public long setupKey() {
    return setupKey;
  }
}
