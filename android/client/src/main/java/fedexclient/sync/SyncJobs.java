package fedexclient.sync;

import android.app.job.JobInfo;
import android.app.job.JobParameters;
import android.app.job.JobScheduler;
import android.content.ComponentName;
import android.content.Context;
import android.os.PersistableBundle;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The jobs that Android runs when the phone is charging, idle and on an unmetered network, with nothing asked of the
 * user: doze and app standby put them off, and never lose them.
 *
 * <p>Of two numbers one is running or waiting. A job that is scheduled again under its own number would be stopped, so
 * each schedules the other one before it ends. What is killed in between is run again by Android; what waits outlives a
 * restart of the phone.
 *
 * <p>Each has a name of its own, so that the end of one that was cancelled is not taken for the end of one that was
 * scheduled under its number since. Thread-safe.
 */
public final class SyncJobs {
  private static final String NAME = "round";

  /** Held by whoever looks what waits and changes it by that. */
  private static final Object CHANGING = new Object();

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

  /**
   * Makes sure that a round is due some time; where one is due already on the conditions of this policy, nothing
   * changes, and its wait stays as it was drawn.
   *
   * @return whether one is due; false where Android takes no more jobs of this app
   */
  public boolean ensure() {
    synchronized (CHANGING) {
      for (int job = firstJob; job < firstJob + 2; job++) {
        JobInfo waiting = scheduler().getPendingJob(job);
        if (waiting != null && isOfPolicy(waiting)) {
          return true;
        }
      }
      cancel();
      return schedule(firstJob, 0);
    }
  }

  /** Has nothing done any more. A round that runs is stopped, and is followed by none. */
  public void cancel() {
    synchronized (CHANGING) {
      scheduler().cancel(firstJob);
      scheduler().cancel(firstJob + 1);
    }
  }

  /**
   * Schedules the round after that of a job, unless that was cancelled.
   *
   * @return whether all is well; false where Android takes no more jobs of this app: the same one is to be run again
   */
  boolean scheduleAfter(JobParameters ended, double waitS) {
    synchronized (CHANGING) {
      return !isWanted(ended) || schedule(ended.getJobId() == firstJob ? firstJob + 1 : firstJob, waitS);
    }
  }

  /** A job that runs is among those that are pending, until it is cancelled. */
  private boolean isWanted(JobParameters job) {
    JobInfo known = scheduler().getPendingJob(job.getJobId());
    return known != null && Objects.equals(known.getExtras().getString(NAME), job.getExtras().getString(NAME));
  }

  private boolean schedule(int job, double waitS) {
    PersistableBundle name = new PersistableBundle();
    name.putString(NAME, UUID.randomUUID().toString());
    JobInfo.Builder asked = new JobInfo.Builder(job, new ComponentName(context, SyncJobService.class))
        .setExtras(name)
        .setMinimumLatency(TimeUnit.SECONDS.toMillis((long) Math.ceil(waitS)))
        .setRequiresCharging(policy.needsCharging())
        .setRequiresDeviceIdle(policy.needsIdle())
        .setRequiredNetworkType(policy.needsUnmetered() ? JobInfo.NETWORK_TYPE_UNMETERED : JobInfo.NETWORK_TYPE_ANY)
        .setPersisted(true);
    try {
      return scheduler().schedule(asked.build()) == JobScheduler.RESULT_SUCCESS;
    } catch (IllegalStateException error) {
      return false; // of an app that has as many jobs as one may have
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
