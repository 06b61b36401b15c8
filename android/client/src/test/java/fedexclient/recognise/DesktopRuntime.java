package fedexclient.recognise;

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
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithXNNPACK;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.OpResolver;
import org.bytedeco.tensorflowlite.SignatureRunner;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.jspecify.annotations.Nullable;

/** TensorFlow Lite 2.18 for Linux by its C++ API, with XNNPACK: for tests that run whole prefixes beside Robolectric. */
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
    private final OpResolver operators = new BuiltinOpResolverWithXNNPACK();
    private final FlatBufferModel model;
    private final Interpreter interpreter = new Interpreter((Pointer) null);
    private final SignatureRunner runner;
    private final TensorSpec input;
    private final TensorSpec output;
    private final ByteBuffer taken;
    private final FloatBuffer given;

    DesktopModel(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
      this.content = content.slice();
      BytePointer bytes = new BytePointer(this.content);
      model = opened(FlatBufferModel.BuildFromBuffer(bytes, this.content.capacity()), "model");
      try (InterpreterBuilder builder = new InterpreterBuilder(model, operators)) {
        check(builder.apply(interpreter, threads));
      }
      opened(interpreter, "interpreter");
      // XNNPACK takes over here, and not where the tensors of a signature are made.
      check(interpreter.AllocateTensors());
      runner = opened(interpreter.GetSignatureRunner(signature), "signature " + signature);
      if (runner.input_size() != 1 || runner.output_size() != 1) {
        throw new ModelRefusedException("expected one input and one output, got another number of them");
      }
      check(runner.AllocateTensors());
      BytePointer takes = new BytePointer(runner.input_names().get(0));
      BytePointer gives = new BytePointer(runner.output_names().get(0));
      TfLiteTensor in = runner.input_tensor(takes);
      TfLiteTensor out = runner.output_tensor(gives);
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
      check(runner.Invoke());
      float[] numbers = new float[given.capacity()];
      given.rewind();
      given.get(numbers);
      return numbers;
    }

    @Override
    public void close() {
      interpreter.deallocate();
      operators.deallocate();
      model.deallocate();
    }
  }
}
