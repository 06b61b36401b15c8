package fedexclient.pull;

import fedexclient.contract.DeviceBundle;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ModelSource;
import fedexclient.recognise.NoRuntimeException;
import fedexclient.recognise.UntriedHead;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Runs a head here: one that crashes the interpreter takes this process along. */
public final class InProcessTrial implements HeadTrial {
  private final DeviceBundle bundle;
  private final ModelRuntime runtime;

  public InProcessTrial(DeviceBundle bundle, ModelRuntime runtime) {
    this.bundle = bundle;
    this.runtime = runtime;
  }

  @Override
  public float[] run(Candidate candidate, Stop stop)
      throws HeadRefusedException, StoppedException, TryLaterException, StorageException {
    stop.check();
    UntriedHead head = new UntriedHead(
        map(candidate), candidate.reference(), bundle.facts().shape(), candidate.classes());
    try {
      return head.answer(runtime, bundle.golden());
    } catch (NoRuntimeException error) {
      throw new TryLaterException("nothing could be tried: " + error.getMessage(), (Long) null);
    } catch (ModelRefusedException error) {
      throw new HeadRefusedException(String.valueOf(error.getMessage()));
    }
  }

  private static ByteBuffer map(Candidate candidate) throws StorageException {
    try {
      return ModelSource.map(candidate.file().toFile());
    } catch (IOException error) {
      throw new StorageException(candidate.file(), error);
    }
  }
}
