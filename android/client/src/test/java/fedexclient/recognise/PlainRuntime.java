package fedexclient.recognise;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A runtime for models that say in words what they are: {@code ....TFL3head 4 2 5.0} is a head whose class k is 5 times
 * feature k, of 4 features and 2 classes.
 */
public final class PlainRuntime implements ModelRuntime {
  private static final int WORDS_AT = 8;

  /** A head's file; blanks behind it say nothing. */
  public static byte[] model(String signature, int features, int classes, double scale) {
    return ScriptedBundle.model(signature + " " + features + " " + classes + " " + scale + " ");
  }

  @Override
  public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
    byte[] bytes = new byte[content.remaining()];
    content.duplicate().get(bytes);
    String text = new String(bytes, WORDS_AT, bytes.length - WORDS_AT, StandardCharsets.UTF_8).trim();
    String[] words = text.equals("head") ? new String[] {"head", "4", "2", "5"} : text.split(" ");
    if (!words[0].equals(signature) || words.length != 4) {
      throw new ModelRefusedException("expected signature " + signature + ", got " + words[0]);
    }
    return new Plain(Integer.parseInt(words[1]), Integer.parseInt(words[2]), Float.parseFloat(words[3]));
  }

  @Override
  public String name() {
    return "plain 1";
  }

  private static final class Plain implements Model {
    private final long features;
    private final long classes;
    private final float scale;

    Plain(long features, long classes, float scale) {
      this.features = features;
      this.classes = classes;
      this.scale = scale;
    }

    @Override
    public TensorSpec input() {
      return new TensorSpec("feature", "float32", List.of(1L, features));
    }

    @Override
    public TensorSpec output() {
      return new TensorSpec("logits", "float32", List.of(1L, classes));
    }

    @Override
    public float[] run(ByteBuffer values) {
      ByteBuffer read = values.slice().order(ByteOrder.LITTLE_ENDIAN);
      float[] logits = new float[(int) classes];
      for (int index = 0; index < logits.length; index++) {
        logits[index] = scale * read.getFloat(4 * index);
      }
      return logits;
    }

    @Override
    public void close() {}
  }
}
