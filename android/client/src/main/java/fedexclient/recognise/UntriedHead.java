package fedexclient.recognise;

import fedexclient.contract.FeatureShape;
import fedexclient.contract.FileRef;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;

/**
 * A head that came and never ran here: what it answers to one feature, or why it does not belong here.
 *
 * <p>Its hash may be right and it may still be damaged, as whoever signed it may have signed a damaged file: then the
 * interpreter may throw anything, or crash the process.
 */
public final class UntriedHead {
  private static final String FLOAT32 = "float32";

  private final ByteBuffer content;
  private final FileRef file;
  private final FeatureShape shape;
  private final int classes;

  /**
   * Takes the head.
   *
   * @param content a direct buffer, as of a file that is mapped
   * @param file what a document says of it
   * @param shape of the feature that it is to take
   * @param classes how many logits it is to give
   */
  public UntriedHead(ByteBuffer content, FileRef file, FeatureShape shape, int classes) {
    this.content = content;
    this.file = file;
    this.shape = shape;
    this.classes = classes;
  }

  /**
   * Runs it once; the hash comes first.
   *
   * @param feature in C order
   * @throws ModelRefusedException another file, one that does not belong here, or one that does not run
   * @throws NoRuntimeException no model runs here, and nothing is known of this one
   */
  public float[] answer(ModelRuntime runtime, float[] feature) throws ModelRefusedException {
    try (Model model = new ModelLoader(runtime, 1).openUnrun(content, file, "head")) {
      TensorSpec takes = TensorSpec.ofOne("feature", FLOAT32, shape.sizes());
      TensorSpec gives = TensorSpec.ofOne("logits", FLOAT32, Collections.singletonList((long) classes));
      ModelLoader.check(model, takes, gives);
      return model.run(bytes(feature));
    } catch (RuntimeException | OutOfMemoryError error) { // of a damaged file sizes are anything, and all may fail
      throw new ModelRefusedException("the head does not run: " + error, error);
    }
  }

  private static ByteBuffer bytes(float[] feature) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * feature.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(feature);
    return bytes;
  }
}
