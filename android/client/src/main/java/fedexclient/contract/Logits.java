package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a head answers to the golden sample: one finite float32 a class. */
final class Logits {
  private Logits() {}

  static float[] parse(Fields fields, int classes) throws ContractException {
    byte[] raw = fields.binary("logits", 4 * classes);
    if (raw.length != 4 * classes) {
      throw new ImpossibleException(fields.place("logits"), classes + " float32", raw.length + " bytes");
    }
    float[] logits = new float[classes];
    ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(logits);
    for (float logit : logits) {
      if (Float.isNaN(logit) || Float.isInfinite(logit)) {
        throw new ImpossibleException(fields.place("logits"), "finite logits", Float.toString(logit));
      }
    }
    return logits;
  }
}
