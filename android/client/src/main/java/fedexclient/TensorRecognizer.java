package fedexclient;

import fedexclient.contract.Strictness;
import fedexclient.contract.TensorInput;
import fedexclient.keeping.Example;
import fedexclient.keeping.Keeper;
import fedexclient.keeping.KeptAnswer;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.Recognizer;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recognises what is no photo, of a bundle that takes tensors; as {@link PhotoRecognizer} otherwise. */
public final class TensorRecognizer implements AutoCloseable {
  private final TensorInput input;
  private final Recognizer recognizer;
  private final Keeper keeper;

  TensorRecognizer(TensorInput input, Recognizer recognizer, Keeper keeper) {
    this.input = input;
    this.recognizer = recognizer;
    this.keeper = keeper;
  }

  /**
   * Answers a tensor, once.
   *
   * @param values of the bundle's dtype and shape, in C order, little-endian
   * @throws FedexException with {@link Trouble#PHOTO} for numbers that the bundle does not take, {@link Trouble#MODEL}
   *     for models that fail
   */
  public KeptAnswer recognise(byte[] values) throws FedexException {
    try {
      return keeper.keep(
          Example.ofTensor(input, values), Collections.singletonList(recognizer.recogniseTensor(values))).get(0);
    } catch (RecogniseException error) {
      throw new FedexException(error);
    }
  }

  /** What the bundle takes. */
  public TensorInput input() {
    return input;
  }

  /** Chooses when "unknown" is answered, from the next answer on; null: as the group's operator chose. */
  public void setStrictness(@Nullable Strictness choice) {
    recognizer.setStrictness(choice);
  }

  /** Of which release the head is that answers now; 0: the bundle's. */
  public long headSerial() {
    return recognizer.headSerial();
  }

  /** What was stepped over for that head, and why, for whoever looks for the cause; empty where nothing was. */
  public List<String> warnings() {
    return recognizer.warnings();
  }

  @Override
  public void close() {
    recognizer.close();
  }
}
