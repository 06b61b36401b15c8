package fedexclient.cache;

import fedexclient.contract.Box;
import fedexclient.contract.ContractException;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.Setup;
import fedexclient.recognise.Ranked;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Inferences and feedback to put into a cache. */
public final class Entries {
  public static final String SPACE = "a".repeat(64);
  public static final BundleSetup COMPUTED_BY = computedBy("fedex 1");

  private Entries() {}

  public static BundleSetup computedBy(String app) {
    try {
      Setup setup = Setup.of(app, "tflite-runtime 2.14.0", "cpu, 1 thread", "Linux 6.1");
      return new BundleSetup(setup, "b".repeat(64), 990_000);
    } catch (ContractException error) {
      throw new IllegalStateException(error);
    }
  }

  static byte[] photo(int number) {
    return ByteBuffer.allocate(16).putInt(12, number).array();
  }

  static float[] feature(int number) {
    return new float[] {number, number, number, number};
  }

  static List<Ranked> results() {
    return Arrays.asList(new Ranked("Ada", 0.75), new Ranked("Ben", 0.25));
  }

  /** An inference of a photo of its own, for each number. */
  static NewInference inference(int number) {
    return inference(number, COMPUTED_BY);
  }

  static NewInference inference(int number, BundleSetup computedBy) {
    return new NewInference(photo(number), null, feature(number), results(), false, 3, computedBy, 1000 + number);
  }

  /** An inference of a photo and a feature of its own. */
  public static NewInference inference(int number, float[] feature, BundleSetup computedBy) {
    return new NewInference(photo(number), null, feature, results(), false, 3, computedBy, 1000 + number);
  }

  static List<NewInference> faces(byte[] photo, Box... boxes) {
    List<NewInference> faces = new ArrayList<>();
    for (Box box : boxes) {
      faces.add(new NewInference(photo, box, feature(0), results(), false, 0, COMPUTED_BY, 0));
    }
    return faces;
  }

  /** Feedback that gives the right label of an inference. */
  static NewFeedback feedback(long inference) {
    return feedback(inference, "Ada", "");
  }

  static NewFeedback feedback(long inference, String label, String origin) {
    return NewFeedback.correcting(inference, label, origin, 5);
  }

  static long spaceKey(Cache cache, long... shape) throws Exception {
    return cache.inferences().spaceKey(SPACE, shape.length == 0 ? FeatureShape.of(4) : FeatureShape.of(shape));
  }

  static long add(Cache cache, int number) throws Exception {
    return cache.inferences().add(inference(number), spaceKey(cache));
  }
}
