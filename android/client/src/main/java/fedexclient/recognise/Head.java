package fedexclient.recognise;

import fedexclient.contract.Points;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A head that is loaded, with what turns its logits into an answer. */
final class Head implements AutoCloseable {
  /** The serial of the bundle's own head; releases count from 1. */
  static final long BUNDLED_SERIAL = 0;

  private final Model model;
  private final List<String> labels;
  private final double temperature;
  private final Points points;
  private final long serial;

  Head(Model model, List<String> labels, double temperature, Points points, long serial) {
    this.model = model;
    this.labels = Collections.unmodifiableList(new ArrayList<>(labels));
    this.temperature = temperature;
    this.points = points;
    this.serial = serial;
  }

  Model model() {
    return model;
  }

  /** Class by class. */
  List<String> labels() {
    return labels;
  }

  /** What its logits are divided by. */
  double temperature() {
    return temperature;
  }

  /** Its thresholds. */
  Points points() {
    return points;
  }

  /** Which release it is of; 0: it came with the bundle. */
  long serial() {
    return serial;
  }

  @Override
  public void close() {
    model.close();
  }
}
