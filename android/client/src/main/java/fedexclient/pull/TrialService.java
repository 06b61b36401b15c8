package fedexclient.pull;

import android.app.Service;
import android.content.Intent;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.IBinder;
import android.os.Messenger;
import android.os.Process;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.TfliteRuntime;

/**
 * Runs heads for the first time, in a process of its own that they may crash: the library's manifest says which.
 *
 * <p>For {@link IsolatedTrial} of the same app, and nobody else.
 */
public final class TrialService extends Service {
  private final ModelRuntime runtime;
  private final HandlerThread thread = new HandlerThread("fedex trial");

  public TrialService() {
    this(new TfliteRuntime());
  }

  /** One that runs them otherwise. */
  TrialService(ModelRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public void onCreate() {
    thread.start();
  }

  @Override
  public IBinder onBind(Intent intent) {
    TrialAnswers answers = new TrialAnswers(runtime, Process.myPid());
    return new Messenger(new Handler(thread.getLooper(), answers)).getBinder();
  }

  @Override
  public void onDestroy() {
    thread.quit();
  }
}
