package fedexclient.recognise;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterGetSignatureRunner;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsSetNumThreads;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerAllocateTensors;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetInputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputCount;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerGetOutputTensor;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteSignatureRunnerInvoke;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteTypeGetName;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteVersion;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteInterpreterOptions;
import org.bytedeco.tensorflowlite.TfLiteModel;
import org.bytedeco.tensorflowlite.TfLiteSignatureRunner;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.jspecify.annotations.Nullable;

/** TensorFlow Lite 2.18 for Linux by its C API, with XNNPACK: for tests that run whole prefixes beside Robolectric. */
public final class DesktopRuntime implements ModelRuntime {
  @Override
  public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
    return new DesktopModel(content, signature, threads);
  }

  @Override
  public String name() {
    return "tensorflow-lite " + TfLiteVersion().getString();
  }

  private static final class DesktopModel implements Model {
    private final ByteBuffer content;
    private final TfLiteModel model;
    private final TfLiteInterpreter interpreter;
    private final TfLiteSignatureRunner runner;
    private final TensorSpec input;
    private final TensorSpec output;
    private final ByteBuffer taken;
    private final FloatBuffer given;

    DesktopModel(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
      this.content = content.slice();
      model = opened(TfLiteModelCreate(new Pointer(this.content), this.content.capacity()), "model");
      TfLiteInterpreterOptions options = TfLiteInterpreterOptionsCreate();
      TfLiteInterpreterOptionsSetNumThreads(options, threads);
      interpreter = opened(TfLiteInterpreterCreate(model, options), "interpreter");
      TfLiteInterpreterOptionsDelete(options);
      runner = opened(TfLiteInterpreterGetSignatureRunner(interpreter, signature), "signature " + signature);
      if (TfLiteSignatureRunnerGetInputCount(runner) != 1 || TfLiteSignatureRunnerGetOutputCount(runner) != 1) {
        throw new ModelRefusedException("expected one input and one output, got another number of them");
      }
      check(TfLiteSignatureRunnerAllocateTensors(runner));
      BytePointer takes = TfLiteSignatureRunnerGetInputName(runner, 0);
      BytePointer gives = TfLiteSignatureRunnerGetOutputName(runner, 0);
      TfLiteTensor in = TfLiteSignatureRunnerGetInputTensor(runner, takes);
      TfLiteTensor out = TfLiteSignatureRunnerGetOutputTensor(runner, gives);
      input = spec(takes.getString(), in);
      output = spec(gives.getString(), out);
      taken = memory(in);
      given = memory(out).asFloatBuffer();
    }

    private static <T extends Pointer> T opened(@Nullable T pointer, String what) throws ModelRefusedException {
      if (pointer == null || pointer.isNull()) {
        throw new ModelRefusedException("expected a " + what + ", got none");
      }
      return pointer;
    }

    private static TensorSpec spec(String name, TfLiteTensor tensor) {
      List<Long> shape = new ArrayList<>();
      for (int axis = 0; axis < tensor.dims().size(); axis++) {
        shape.add((long) tensor.dims().data(axis));
      }
      return new TensorSpec(name, TfLiteTypeGetName(tensor.type()).getString().toLowerCase(Locale.ROOT), shape);
    }

    private static ByteBuffer memory(TfLiteTensor tensor) {
      BytePointer bytes = new BytePointer(tensor.data().data());
      return bytes.capacity(tensor.bytes()).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    private static void check(int status) throws ModelRefusedException {
      if (status != kTfLiteOk) {
        throw new ModelRefusedException("it does not run: status " + status);
      }
    }

    @Override
    public TensorSpec input() {
      return input;
    }

    @Override
    public TensorSpec output() {
      return output;
    }

    @Override
    public float[] run(ByteBuffer values) throws ModelRefusedException {
      taken.rewind();
      taken.put(values);
      check(TfLiteSignatureRunnerInvoke(runner));
      float[] numbers = new float[given.capacity()];
      given.rewind();
      given.get(numbers);
      return numbers;
    }

    @Override
    public void close() {
      TfLiteSignatureRunnerDelete(runner);
      TfLiteInterpreterDelete(interpreter);
      TfLiteModelDelete(model);
    }
  }
}
