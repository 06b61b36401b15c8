package fedexclient.cache;

import fedexclient.contract.FeatureShape;

/** The feature space that some feedback is in. */
public final class FeatureSpace {
  private final String id;
  private final FeatureShape shape;

  FeatureSpace(String id, FeatureShape shape) {
    this.id = id;
    this.shape = shape;
  }

  /** 64 hexadecimal digits. */
  public String id() {
    return id;
  }

  public FeatureShape shape() {
    return shape;
  }

  /** The size of one feature as float32. */
  public int featureBytes() {
    return Float.BYTES * shape.elements();
  }
}
