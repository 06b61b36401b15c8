package fedexclient.recognise;

import static fedexclient.recognise.ScriptedRuntime.spec;

import fedexclient.contract.DeviceBundle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Function;

/** The golden bundle of whole photos, with models that are scripted, for tests of what uses a recognizer. */
public final class ScriptedRecognizer {
  private static final TensorSpec PHOTO = spec("photo", "uint8", 1L, 160L, 160L, 3L);
  private static final TensorSpec SAMPLES = spec("tensor", "int16", 1L, 4000L, 1L);
  private static final TensorSpec FEATURE = spec("feature", "float32", 1L, 4L);
  private static final TensorSpec LOGITS = spec("logits", "float32", 1L, 2L);

  private ScriptedRecognizer() {}

  /** Copies the bundle into a folder. */
  public static DeviceBundle bundle(Path folder) throws Exception {
    return ScriptedBundle.copy("device-bundle", folder);
  }

  /** Opens it; its head answers the first two numbers of the feature. */
  public static Recognizer open(DeviceBundle bundle, Path folder, Function<Byte, float[]> featureOfFirstByte)
      throws Exception {
    return Recognizer.open(ScriptedBundle.models(bundle, folder, runtime(featureOfFirstByte)), null, 2);
  }

  /** What runs those of the golden bundle of tensors. */
  public static ModelRuntime tensors(Function<ByteBuffer, float[]> feature) {
    return new ScriptedRuntime()
        .on("prefix", SAMPLES, FEATURE, feature)
        .on("head", FEATURE, LOGITS, taken -> new float[] {taken.getFloat(0), taken.getFloat(4)});
  }

  /** What runs its models. */
  public static ModelRuntime runtime(Function<Byte, float[]> featureOfFirstByte) {
    return new ScriptedRuntime()
        .on("prefix", PHOTO, FEATURE, taken -> featureOfFirstByte.apply(taken.get(0)))
        .on("head", FEATURE, LOGITS, taken -> new float[] {taken.getFloat(0), taken.getFloat(4)});
  }
}
