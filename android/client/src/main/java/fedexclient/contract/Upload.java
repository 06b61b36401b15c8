package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Samples of one device in one space, right by construction. */
public final class Upload {
  private final String space;
  private final SelfTest selfTest;
  private final FeatureShape shape;
  private final List<Sample> samples;

  /**
   * Makes an upload; how many samples fit in one, its writer checks.
   *
   * @param selfTest of what computed the features
   * @throws ContractException no sample, one that comes twice, or a feature of another shape
   */
  public Upload(String space, SelfTest selfTest, FeatureShape shape, List<Sample> samples) throws ContractException {
    this.space = Names.check(space, Names.HEX64, "upload.space");
    this.selfTest = selfTest;
    this.shape = shape;
    this.samples = Collections.unmodifiableList(new ArrayList<>(samples));
    checkSamples();
  }

  private void checkSamples() throws ImpossibleException {
    if (samples.isEmpty()) {
      throw new ImpossibleException("features", "at least one sample", "none");
    }
    Set<String> ids = new HashSet<>();
    for (Sample sample : samples) {
      if (sample.elements() != shape.elements()) {
        throw new ImpossibleException("features", "features of shape " + shape, sample.elements() + " elements");
      }
      if (!ids.add(Sha256.hexDigits(sample.id()))) {
        throw new ImpossibleException("sample_ids", "each sample once", "one twice");
      }
    }
  }

  public String space() {
    return space;
  }

  /** Of what computed the features. */
  public SelfTest selfTest() {
    return selfTest;
  }

  /** Of one feature. */
  public FeatureShape shape() {
    return shape;
  }

  public List<Sample> samples() {
    return samples;
  }

  float[] features() {
    float[] values = new float[samples.size() * shape.elements()];
    for (int index = 0; index < samples.size(); index++) {
      samples.get(index).copyFeature(values, index * shape.elements());
    }
    return values;
  }
}
