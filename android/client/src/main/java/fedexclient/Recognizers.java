package fedexclient;

import fedexclient.contract.ModelInput;
import fedexclient.contract.TensorInput;
import fedexclient.keeping.Keeper;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.Recognizer;
import java.io.IOException;

/** Opens what recognises on a device, each with models of its own, and with what keeps its answers. */
final class Recognizers {
  private final Models models;
  private final OpenCache caches;

  Recognizers(Models models, OpenCache caches) {
    this.models = models;
    this.caches = caches;
  }

  private interface Making<T> {
    T of(Recognizer recognizer, Keeper keeper) throws ModelRefusedException, IOException;
  }

  /** Of photos, for the thread that asks. */
  PhotoRecognizer ofPhotos() throws ModelRefusedException, IOException {
    return opened((recognizer, keeper) -> new PhotoRecognizer(recognizer, models.decoder(), keeper));
  }

  /**
   * Of tensors, for the thread that asks.
   *
   * @throws ModelRefusedException the bundle takes photos; or a model does not run
   */
  TensorRecognizer ofTensors() throws ModelRefusedException, IOException {
    ModelInput input = models.bundle().facts().input();
    if (!(input instanceof TensorInput)) {
      throw new ModelRefusedException("bundle: expected one that takes tensors, got one that takes a " + input);
    }
    return opened((recognizer, keeper) -> new TensorRecognizer((TensorInput) input, recognizer, keeper));
  }

  private <T> T opened(Making<T> making) throws ModelRefusedException, IOException {
    Recognizer recognizer = models.open();
    try {
      Keeper keeper =
          new Keeper(caches, models.bundle().facts(), models.tester(recognizer), System::currentTimeMillis);
      return making.of(recognizer, keeper);
    } catch (ModelRefusedException | IOException | RuntimeException error) {
      recognizer.close();
      throw error;
    }
  }
}
