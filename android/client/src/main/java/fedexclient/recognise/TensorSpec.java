package fedexclient.recognise;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Name, numbers and shape of what a model takes or gives. */
public final class TensorSpec {
  private final String name;
  private final String dtype;
  private final List<Long> shape;

  /** Describes a tensor; the dtype is a word of the contract, as {@code float32}. */
  public TensorSpec(String name, String dtype, List<Long> shape) {
    this.name = name;
    this.dtype = dtype;
    this.shape = Collections.unmodifiableList(new ArrayList<>(shape));
  }

  /** The same of a batch of one of that shape. */
  static TensorSpec ofOne(String name, String dtype, List<Long> shape) {
    List<Long> batch = new ArrayList<>();
    batch.add(1L);
    batch.addAll(shape);
    return new TensorSpec(name, dtype, batch);
  }

  public String name() {
    return name;
  }

  public String dtype() {
    return dtype;
  }

  /** With the batch. */
  public List<Long> shape() {
    return shape;
  }

  /** How many numbers it has. */
  public int elements() {
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    return Math.toIntExact(elements);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorSpec && other.toString().equals(toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + shape;
  }
}
