package fedexclient.sync;

import android.app.job.JobInfo;
import android.app.job.JobScheduler;
import android.content.ComponentName;
import android.content.Context;
import java.util.concurrent.TimeUnit;

/**
 * The jobs that Android runs when the phone is charging, idle and on an unmetered network, with nothing asked of the
 * user: doze and app standby put them off, and never lose them.
 *
 * <p>Of two numbers one is running or waiting. A job that is scheduled again under its own number would be stopped, so
 * each schedules the other one before it ends. What is killed in between is run again by Android; what waits outlives a
 * restart of the phone.
 */
public final class SyncJobs {
  private final Context context;
  private final SyncPolicy policy;
  private final int firstJob;

  /**
   * Makes the jobs of an app.
   *
   * @param firstJob the first of two numbers that no other job of the app has
   */
  public SyncJobs(Context context, SyncPolicy policy, int firstJob) {
    this.context = context;
    this.policy = policy;
    this.firstJob = firstJob;
  }

  /** Makes sure that a round is due some time; where one is due already under this policy, nothing changes. */
  public void ensure() {
    for (int job = firstJob; job < firstJob + 2; job++) {
      JobInfo waiting = scheduler().getPendingJob(job);
      if (waiting != null && isOfPolicy(waiting)) {
        return;
      }
    }
    cancel();
    schedule(firstJob, 0);
  }

  /** Has nothing done any more. A round that runs is stopped. */
  public void cancel() {
    scheduler().cancel(firstJob);
    scheduler().cancel(firstJob + 1);
  }

  /** Schedules the round after that of a job. */
  void scheduleAfter(int job, double waitS) {
    schedule(job == firstJob ? firstJob + 1 : firstJob, waitS);
  }

  private void schedule(int job, double waitS) {
    JobInfo.Builder asked = new JobInfo.Builder(job, new ComponentName(context, SyncJobService.class))
        .setMinimumLatency(TimeUnit.SECONDS.toMillis((long) Math.ceil(waitS)))
        .setRequiresCharging(policy.needsCharging())
        .setRequiresDeviceIdle(policy.needsIdle())
        .setRequiredNetworkType(policy.needsUnmetered() ? JobInfo.NETWORK_TYPE_UNMETERED : JobInfo.NETWORK_TYPE_ANY)
        .setPersisted(true);
    if (scheduler().schedule(asked.build()) != JobScheduler.RESULT_SUCCESS) {
      throw new IllegalStateException("Android takes no more jobs of this app");
    }
  }

  @SuppressWarnings("deprecation") // what takes its place came with API 28
  private boolean isOfPolicy(JobInfo job) {
    int network = policy.needsUnmetered() ? JobInfo.NETWORK_TYPE_UNMETERED : JobInfo.NETWORK_TYPE_ANY;
    return job.isRequireCharging() == policy.needsCharging() && job.isRequireDeviceIdle() == policy.needsIdle()
        && job.getNetworkType() == network;
  }

  private JobScheduler scheduler() {
    return context.getSystemService(JobScheduler.class);
  }
}
