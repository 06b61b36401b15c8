package fedexclient.contract;

import java.util.List;

/** What a prefix takes, a photo or a tensor, as {@code bundle.json} says it; nothing else knows a size. */
public abstract class ModelInput {
  /** Sizes. */
  public static final int MAX_RANK = 6;

  /** Their product. */
  public static final long MAX_ELEMENTS = 1 << 24;

  ModelInput() {}

  /**
   * Reads the field {@code input} of a bundle's document.
   *
   * @throws MalformedException a kind, fit or dtype that this version does not know
   */
  static ModelInput parse(Fields fields) throws ContractException {
    Fields input = fields.document("input");
    String kind = input.text("kind");
    switch (kind) {
      case PhotoInput.KIND:
        return PhotoInput.parse(input, fields.place("input"));
      case TensorInput.KIND:
        return TensorInput.parse(input, fields.place("input"));
      default:
        throw new MalformedException(input.place("kind"), "photo or tensor", Shown.of(kind));
    }
  }

  static void checkSizes(List<Long> shape, String where) throws ContractException {
    boolean empty = false;
    for (long size : shape) {
      empty |= size < 1;
    }
    if (shape.isEmpty() || shape.size() > MAX_RANK || empty) {
      throw new ImpossibleException(where, "1 to " + MAX_RANK + " sizes of at least 1", shape.toString());
    }
  }

  static void checkElements(List<Long> shape, String where) throws ContractException {
    if (Sizes.product(shape) > MAX_ELEMENTS) {
      throw new TooLargeException(where, "at most " + MAX_ELEMENTS + " elements", shape.toString());
    }
  }

  /** The name of the prefix's input in its signature. */
  public abstract String name();

  /** The shape of one, without the batch. */
  public abstract List<Long> shape();

  /** Whether it is of the faces in a photo. */
  public boolean findsFaces() {
    return false;
  }
}
