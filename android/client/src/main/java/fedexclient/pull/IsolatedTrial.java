package fedexclient.pull;

import android.content.Context;
import android.os.Looper;
import android.os.Process;
import fedexclient.contract.DeviceBundle;
import fedexclient.service.ServiceException;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a head in a process of its own ({@link TrialService}), which it may crash; that process is ended after each trial,
 * as nobody knows what a damaged head did to its memory.
 *
 * <p>In that process an app's {@code Application} is made, too, as in each of its processes. Not for the main thread.
 */
public final class IsolatedTrial implements HeadTrial {
  private static final long TIMEOUT_MS = 30_000;

  private final Context context;
  private final DeviceBundle bundle;
  private final Path folder;
  private final long timeoutMs;
  private final IntConsumer kill;

  /**
   * Makes one.
   *
   * @param folder for this alone, where both processes may write
   */
  public IsolatedTrial(Context context, DeviceBundle bundle, Path folder) {
    this(context, bundle, folder, TIMEOUT_MS, Process::killProcess);
  }

  /** One that waits for another time, and ends processes otherwise. */
  IsolatedTrial(Context context, DeviceBundle bundle, Path folder, long timeoutMs, IntConsumer kill) {
    this.context = context;
    this.bundle = bundle;
    this.folder = folder;
    this.timeoutMs = timeoutMs;
    this.kill = kill;
  }

  @Override
  public float[] run(Candidate candidate, Stop stop)
      throws HeadRefusedException, ServiceException, StorageException {
    if (Looper.myLooper() == Looper.getMainLooper()) {
      throw new IllegalStateException("expected another thread than the main one, which hears of the answer");
    }
    TrialRequest request = new TrialRequest(candidate, bundle.facts().shape(), folder);
    request.prepare(bundle.golden());
    float[] logits;
    try {
      logits = answer(request, stop);
    } catch (HeadRefusedException | ServiceException | StorageException error) {
      clearAfter(error, request);
      throw error;
    }
    request.clear();
    return logits;
  }

  private float[] answer(TrialRequest request, Stop stop)
      throws HeadRefusedException, ServiceException, StorageException {
    ask(request, stop);
    float @Nullable [] logits = request.answer();
    if (logits == null) {
      throw new HeadCrashedException("expected " + request.candidate().classes() + " logits, got something else");
    }
    return logits;
  }

  /** What became of the head is told, and not that its files could not be removed. */
  private static void clearAfter(Exception told, TrialRequest request) {
    try {
      request.clear();
    } catch (StorageException error) {
      told.addSuppressed(error);
    }
  }

  private void ask(TrialRequest request, Stop stop) throws HeadRefusedException, ServiceException {
    TrialConnection connection = new TrialConnection(context, timeoutMs);
    Runnable takeBack = stop.onAsk(connection::stop);
    try {
      connection.ask(request);
    } finally {
      takeBack.run();
      connection.close();
      end(connection.process());
    }
  }

  /** Ends the process of the trial, and never this one: an app may have the service run where it pleases. */
  private void end(int process) {
    if (process > 0 && process != Process.myPid()) {
      kill.accept(process);
    }
  }
}
