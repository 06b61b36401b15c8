package fedexclient.recognise;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A runtime whose models answer what a test wants, to put faults into them; it notes what is opened and closed. */
final class ScriptedRuntime implements ModelRuntime {
  final List<String> opened = new ArrayList<>();
  final List<String> closed = new ArrayList<>();
  private final Map<String, Scripted> scripts = new HashMap<>();

  /** Has a signature take and give tensors of some shapes, batch included. */
  ScriptedRuntime on(String signature, TensorSpec takes, TensorSpec gives, Function<ByteBuffer, float[]> answer) {
    scripts.put(signature, new Scripted(signature, takes, gives, answer));
    return this;
  }

  static TensorSpec spec(String name, String dtype, Long... shape) {
    return new TensorSpec(name, dtype, Arrays.asList(shape));
  }

  @Override
  public Model open(ByteBuffer content, String signature, int threads) {
    opened.add(signature);
    return scripts.get(signature);
  }

  @Override
  public String name() {
    return "scripted 1";
  }

  private final class Scripted implements Model {
    final String signature;
    final TensorSpec takes;
    final TensorSpec gives;
    final Function<ByteBuffer, float[]> answer;

    Scripted(String signature, TensorSpec takes, TensorSpec gives, Function<ByteBuffer, float[]> answer) {
      this.signature = signature;
      this.takes = takes;
      this.gives = gives;
      this.answer = answer;
    }

    @Override
    public TensorSpec input() {
      return takes;
    }

    @Override
    public TensorSpec output() {
      return gives;
    }

    @Override
    public float[] run(ByteBuffer values) {
      return answer.apply(values.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public void close() {
      closed.add(signature);
    }
  }
}
