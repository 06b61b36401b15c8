package fedexclient.recognise;

import java.nio.ByteBuffer;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.TensorFlowLite;

/** TensorFlow Lite as an APK carries it; no other class here knows it but the models that it opens. */
public final class TfliteRuntime implements ModelRuntime {
  @Override
  public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
    Interpreter interpreter;
    try {
      interpreter = new Interpreter(content, new Interpreter.Options().setNumThreads(threads));
    } catch (IllegalArgumentException | IllegalStateException error) {
      throw new ModelRefusedException(name() + " cannot open it: " + error.getMessage(), error);
    }
    try {
      return new TfliteModel(interpreter, signature);
    } catch (ModelRefusedException | RuntimeException error) {
      interpreter.close();
      throw error;
    }
  }

  @Override
  public String name() {
    return "tensorflow-lite " + TensorFlowLite.runtimeVersion();
  }
}
