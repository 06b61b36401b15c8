package fedexclient.recognise;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/** One signature of an interpreter of TensorFlow Lite, and the memory that goes in and comes out. */
final class TfliteModel implements Model {
  private final Interpreter interpreter;
  private final String signature;
  private final Thread owner = Thread.currentThread();
  private final TensorSpec input;
  private final TensorSpec output;
  private final ByteBuffer taken;
  private final FloatBuffer given;

  TfliteModel(Interpreter interpreter, String signature) throws ModelRefusedException {
    this.interpreter = interpreter;
    this.signature = signature;
    if (!Arrays.asList(interpreter.getSignatureKeys()).contains(signature)) {
      String got = Arrays.toString(interpreter.getSignatureKeys());
      throw new ModelRefusedException("expected signature " + signature + ", got " + got);
    }
    String takes = only("input", interpreter.getSignatureInputs(signature));
    Tensor in = interpreter.getInputTensorFromSignature(takes, signature);
    input = spec(takes, in);
    String gives = only("output", interpreter.getSignatureOutputs(signature));
    output = spec(gives, interpreter.getOutputTensorFromSignature(gives, signature));
    if (!output.dtype().equals("float32")) {
      throw new ModelRefusedException("expected an output of float32, got " + output);
    }
    taken = ByteBuffer.allocateDirect(in.numBytes()).order(ByteOrder.nativeOrder());
    given = ByteBuffer.allocateDirect(4 * output.elements()).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static String only(String role, String[] names) throws ModelRefusedException {
    if (names.length != 1) {
      throw new ModelRefusedException("expected one " + role + ", got " + Arrays.toString(names));
    }
    return names[0];
  }

  private static TensorSpec spec(String name, Tensor tensor) {
    List<Long> shape = new ArrayList<>();
    for (int size : tensor.shape()) {
      shape.add((long) size);
    }
    return new TensorSpec(name, tensor.dataType().toString().toLowerCase(Locale.ROOT), shape);
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
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException("a model is for the thread that opened it");
    }
    if (values.remaining() != taken.capacity()) {
      throw new IllegalArgumentException("expected " + taken.capacity() + " bytes, got " + values.remaining());
    }
    rewind(taken);
    taken.put(values);
    rewind(taken);
    rewind(given);
    Map<String, Object> inputs = Collections.singletonMap(input.name(), taken);
    Map<String, Object> outputs = Collections.singletonMap(output.name(), given);
    try {
      interpreter.runSignature(inputs, outputs, signature);
    } catch (IllegalArgumentException | IllegalStateException error) {
      throw new ModelRefusedException("signature " + signature + " does not run: " + error.getMessage(), error);
    }
    float[] numbers = new float[given.capacity()];
    rewind(given);
    given.get(numbers);
    return numbers;
  }

  /** By the class that has it on Android 8, too. */
  private static void rewind(Buffer buffer) {
    buffer.rewind();
  }

  @Override
  public void close() {
    interpreter.close();
  }
}
