package fedexclient.sync;

import android.app.job.JobParameters;
import android.app.job.JobService;
import android.os.Handler;
import android.os.Looper;
import fedexclient.service.Stop;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A round in a job of Android's. It ends by itself long before the ten minutes that Android gives: what is left is done
 * by the next one, upload by upload, a download from where it stopped.
 */
public final class SyncJobService extends JobService {
  /** After which a round is asked to end. */
  static final long LONGEST_MS = 180_000;

  private final Handler main = new Handler(Looper.getMainLooper());
  private final Map<Integer, Stop> running = new HashMap<>();

  @Override
  public boolean onStartJob(JobParameters job) {
    if (!(getApplication() instanceof SyncHost)) {
      throw new IllegalStateException("expected an Application that is a SyncHost, got " + getApplication());
    }
    SyncHost host = (SyncHost) getApplication();
    Stop stop = new Stop();
    running.put(job.getJobId(), stop);
    main.postDelayed(stop::ask, LONGEST_MS);
    new Thread(() -> run(job, host, stop), "fedex-sync").start();
    return true;
  }

  private void run(JobParameters job, SyncHost host, Stop stop) {
    double waitS = host.syncOnce(stop);
    main.post(() -> {
      // Where Android has asked for the end, it runs the same job again by itself.
      if (running.remove(job.getJobId(), stop)) {
        jobFinished(job, !host.syncJobs().scheduleAfter(job, waitS));
      }
    });
  }

  @Override
  public boolean onStopJob(JobParameters job) {
    @Nullable Stop stop = running.remove(job.getJobId());
    if (stop != null) {
      stop.ask();
    }
    return true;
  }

  @Override
  public void onDestroy() {
    main.removeCallbacksAndMessages(null);
    for (Stop stop : running.values()) {
      stop.ask();
    }
    running.clear();
    super.onDestroy();
  }
}
