package fedexclient.contract;

/** What a bundle says of its space and of its first head. */
public final class BundleFacts {
  private final String space;
  private final String cut;
  private final String layer;
  private final ModelInput input;
  private final FeatureShape shape;
  private final double temperature;
  private final int leastCosinePpm;
  private final Points points;

  private BundleFacts(Fields fields) throws ContractException {
    space = fields.name("space", Names.HEX64);
    cut = fields.name("cut", Names.SOFTWARE);
    layer = fields.name("layer", Names.SOFTWARE);
    input = ModelInput.parse(fields);
    shape = FeatureShape.parse(fields);
    temperature = fields.number("temperature", Manifest.MIN_TEMPERATURE, Manifest.MAX_TEMPERATURE);
    leastCosinePpm = (int) fields.integer("least_cosine_ppm", 0, SelfTest.PPM);
    points = Points.parse(fields);
  }

  static BundleFacts parse(Fields fields) throws ContractException {
    return new BundleFacts(fields);
  }

  public String space() {
    return space;
  }

  public String cut() {
    return cut;
  }

  /** The last layer of the prefix. */
  public String layer() {
    return layer;
  }

  /** What the prefix takes. */
  public ModelInput input() {
    return input;
  }

  /** Of one feature. */
  public FeatureShape shape() {
    return shape;
  }

  /** What the first head's logits are divided by. */
  public double temperature() {
    return temperature;
  }

  /** What a device's feature of the golden input must reach to the golden feature, in millionths. */
  public int leastCosinePpm() {
    return leastCosinePpm;
  }

  /** The first head's thresholds. */
  public Points points() {
    return points;
  }
}
