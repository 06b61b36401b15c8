package fedexclient.recognise;

import java.nio.ByteBuffer;

/** One signature of one TFLite model, with one input and one output; for the thread that opened it. */
public interface Model extends AutoCloseable {
  /** What the signature takes. */
  TensorSpec input();

  /** What it gives: float32. */
  TensorSpec output();

  /**
   * Runs the model once.
   *
   * @param values of the input in C order, little-endian; read from the position to the limit
   * @return the output's numbers in C order, in an array of their own
   * @throws ModelRefusedException it does not run
   */
  float[] run(ByteBuffer values) throws ModelRefusedException;

  /** Lets go of its memory. */
  @Override
  void close();
}
