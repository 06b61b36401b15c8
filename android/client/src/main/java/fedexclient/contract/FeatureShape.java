package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The shape of one feature: one to four sizes of at least 1, at most 4,194,304 elements; the last is the channels. */
public final class FeatureShape {
  /** Sizes. */
  public static final int MAX_RANK = 4;

  /** Their product. */
  public static final long MAX_ELEMENTS = 1 << 22;

  private final List<Long> sizes;

  private FeatureShape(List<Long> sizes, String where) throws ContractException {
    if (sizes.isEmpty() || sizes.size() > MAX_RANK || Collections.min(sizes) < 1) {
      throw new ImpossibleException(where, "1 to " + MAX_RANK + " sizes of at least 1", sizes.toString());
    }
    if (Sizes.product(sizes) > MAX_ELEMENTS) {
      throw new TooLargeException(where, "at most " + MAX_ELEMENTS + " elements", sizes.toString());
    }
    this.sizes = Collections.unmodifiableList(new ArrayList<>(sizes));
  }

  /** Makes a shape of its sizes. */
  public static FeatureShape of(long... sizes) throws ContractException {
    List<Long> listed = new ArrayList<>();
    for (long size : sizes) {
      listed.add(size);
    }
    return new FeatureShape(listed, "shape");
  }

  /** Reads the field {@code shape}. */
  static FeatureShape parse(Fields fields) throws ContractException {
    return new FeatureShape(fields.integers("shape", MAX_RANK), fields.place("shape"));
  }

  public List<Long> sizes() {
    return sizes;
  }

  /** Numbers of one feature. */
  public int elements() {
    return (int) Sizes.product(sizes);
  }

  /** Its last size. */
  public int channels() {
    return sizes.get(sizes.size() - 1).intValue();
  }

  /** Where element {@code index} in C order lies when channels come first. */
  int placeOf(int index) {
    int places = elements() / channels();
    return index % channels() * places + index / channels();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FeatureShape && ((FeatureShape) other).sizes.equals(sizes);
  }

  @Override
  public int hashCode() {
    return sizes.hashCode();
  }

  @Override
  public String toString() {
    return sizes.toString();
  }
}
