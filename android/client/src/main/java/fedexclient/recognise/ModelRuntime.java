package fedexclient.recognise;

import java.nio.ByteBuffer;

/** What runs TFLite models: the only thing here that knows an interpreter. */
public interface ModelRuntime {
  /**
   * Opens one signature of a model, called by its name and never by the places of its tensors.
   *
   * @param content a direct buffer, as of a file that is mapped, which stays as it is until the model is closed; hashes
   *     are the caller's to check, and before this, as an interpreter may crash on a damaged file
   * @param signature the only one that is run
   * @param threads of one run; results do not depend on it
   * @throws ModelRefusedException no such signature, more than one input or output, or an operator that it has not
   * @throws NoRuntimeException it cannot run anything on this phone
   */
  Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException;

  /**
   * Its name and version, in printable ASCII, as a self-test says it.
   *
   * @throws NoRuntimeException it cannot run anything on this phone
   */
  String name() throws NoRuntimeException;
}
