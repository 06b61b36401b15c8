package fedexclient.recognise;

import java.nio.ByteBuffer;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.TensorFlowLite;

/**
 * TensorFlow Lite as an APK carries it; no other class here knows it but the models that it opens.
 *
 * <p>Where its native library does not load, as on pages of another size than it is linked for or on another processor,
 * every call of it throws a {@link LinkageError}.
 */
public final class TfliteRuntime implements ModelRuntime {
  @Override
  public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
    Interpreter interpreter;
    try {
      interpreter = new Interpreter(content, new Interpreter.Options().setNumThreads(threads));
    } catch (IllegalArgumentException | IllegalStateException error) {
      throw new ModelRefusedException(name() + " cannot open it: " + error.getMessage(), error);
    } catch (LinkageError error) {
      throw none(error);
    }
    try {
      return new TfliteModel(interpreter, signature);
    } catch (ModelRefusedException | RuntimeException error) {
      interpreter.close();
      throw error;
    }
  }

  @Override
  public String name() throws NoRuntimeException {
    try {
      return "tensorflow-lite " + TensorFlowLite.runtimeVersion();
    } catch (LinkageError error) {
      throw none(error);
    }
  }

  private static NoRuntimeException none(LinkageError error) {
    return new NoRuntimeException("TensorFlow Lite does not load on this phone: " + error.getMessage(), error);
  }
}
