package fedexclient.contract;

import java.util.List;

/** A tensor that the app computes: of sound, sensors, or anything else that is no photo. */
public final class TensorInput extends ModelInput {
  static final String KIND = "tensor";

  private final TensorType type;
  private final List<Long> shape;

  private TensorInput(TensorType type, List<Long> shape) {
    this.type = type;
    this.shape = shape;
  }

  static TensorInput parse(Fields fields, String where) throws ContractException {
    TensorType type = fields.choice("dtype", TensorType.class);
    List<Long> shape = fields.integers("shape", MAX_RANK);
    checkSizes(shape, where);
    checkElements(shape, where);
    return new TensorInput(type, shape);
  }

  @Override
  public String name() {
    return KIND;
  }

  @Override
  public List<Long> shape() {
    return shape;
  }

  public TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return "tensor " + type + " " + shape;
  }
}
