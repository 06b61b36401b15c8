package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.app.Application;
import android.app.job.JobInfo;
import android.app.job.JobParameters;
import android.app.job.JobScheduler;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.shadows.ShadowJobScheduler.ShadowJobSchedulerImpl;
import org.robolectric.util.ReflectionHelpers;

@RunWith(RobolectricTestRunner.class)
@Config(sdk = {26, 34})
public final class SyncJobsTest {
  private static final int JOB = 700;

  private Application app;
  private JobScheduler scheduler;

  @Before
  public void open() {
    app = RuntimeEnvironment.getApplication();
    scheduler = app.getSystemService(JobScheduler.class);
  }

  private SyncJobs jobs(SyncPolicy policy) {
    return new SyncJobs(app, policy, JOB);
  }

  /** What Android gives the service of a job that it starts. */
  private JobParameters started(int job) {
    JobParameters parameters = ReflectionHelpers.newInstance(JobParameters.class);
    ReflectionHelpers.setField(parameters, "jobId", job);
    ReflectionHelpers.setField(parameters, "extras", waiting(job).getExtras());
    return parameters;
  }

  private JobInfo waiting(int job) {
    JobInfo info = scheduler.getPendingJob(job);
    assertNotNull(info);
    return info;
  }

  @Test
  @SuppressWarnings("deprecation") // as in SyncJobs
  public void a_round_waits_for_power_idleness_and_an_unmetered_network_and_outlives_a_restart() {
    jobs(SyncPolicy.USUAL).ensure();
    JobInfo job = waiting(JOB);
    assertTrue(job.isRequireCharging());
    assertTrue(job.isRequireDeviceIdle());
    assertEquals(JobInfo.NETWORK_TYPE_UNMETERED, job.getNetworkType());
    assertTrue(job.isPersisted());
    assertFalse(job.isPeriodic());
    assertEquals("fedexclient.sync.SyncJobService", job.getService().getClassName());
  }

  @Test
  @SuppressWarnings("deprecation") // as in SyncJobs
  public void a_policy_may_ask_for_less_but_never_for_no_network() {
    jobs(new SyncPolicy(false, false, false, 60)).ensure();
    JobInfo job = waiting(JOB);
    assertFalse(job.isRequireCharging());
    assertFalse(job.isRequireDeviceIdle());
    assertEquals(JobInfo.NETWORK_TYPE_ANY, job.getNetworkType());
  }

  @Test
  public void a_job_that_waits_keeps_its_wait_however_often_the_app_starts() {
    SyncJobs jobs = jobs(SyncPolicy.USUAL);
    jobs.ensure();
    assertTrue(jobs.scheduleAfter(started(JOB), 3600.2));
    scheduler.cancel(JOB); // it has run
    jobs.ensure();
    assertNull(scheduler.getPendingJob(JOB));
    assertEquals(3_601_000, waiting(JOB + 1).getMinLatencyMillis());
  }

  @Test
  public void another_policy_takes_the_place_of_what_waits() {
    jobs(SyncPolicy.USUAL).ensure();
    jobs(SyncPolicy.USUAL).scheduleAfter(started(JOB), 60);
    jobs(new SyncPolicy(true, false, true, 60)).ensure();
    assertEquals(1, scheduler.getAllPendingJobs().size());
    assertFalse(waiting(JOB).isRequireDeviceIdle());
  }

  @Test
  public void each_job_schedules_the_other_one() {
    SyncJobs jobs = jobs(SyncPolicy.USUAL);
    jobs.ensure();
    jobs.scheduleAfter(started(JOB), 5);
    assertEquals(5_000, waiting(JOB + 1).getMinLatencyMillis());
    jobs.scheduleAfter(started(JOB + 1), 6);
    assertEquals(6_000, waiting(JOB).getMinLatencyMillis());
  }

  @Test
  public void nothing_waits_after_it_was_cancelled() {
    SyncJobs jobs = jobs(SyncPolicy.USUAL);
    jobs.ensure();
    jobs.scheduleAfter(started(JOB), 5);
    jobs.cancel();
    assertTrue(scheduler.getAllPendingJobs().isEmpty());
  }

  /** The end of a round once scheduled the next one also after it was cancelled, if its thread had ended by then. */
  @Test
  public void a_round_that_was_cancelled_is_followed_by_none() {
    SyncJobs jobs = jobs(SyncPolicy.USUAL);
    jobs.ensure();
    JobParameters running = started(JOB);
    jobs.cancel();
    assertTrue(jobs.scheduleAfter(running, 5));
    assertTrue(scheduler.getAllPendingJobs().isEmpty());
  }

  @Test
  public void the_end_of_a_round_that_was_cancelled_changes_nothing_of_what_waits_since() {
    jobs(SyncPolicy.USUAL).ensure();
    JobParameters running = started(JOB);
    SyncJobs others = jobs(new SyncPolicy(true, false, true, 60));
    others.ensure();
    assertTrue(others.scheduleAfter(running, 5));
    assertEquals(1, scheduler.getAllPendingJobs().size());
    assertFalse(waiting(JOB).isRequireDeviceIdle());
  }

  @Test
  public void an_app_that_has_too_many_jobs_is_told_so() {
    Shadows.shadowOf(scheduler).failOnJob(JOB);
    assertFalse(jobs(SyncPolicy.USUAL).ensure());
    assertTrue(scheduler.getAllPendingJobs().isEmpty());
  }

  /** Android itself throws at the 150th job of an app, which once ended it in the background. */
  @Test
  @Config(shadows = FullScheduler.class)
  public void an_app_that_has_as_many_jobs_as_one_may_have_is_told_so() {
    assertFalse(jobs(SyncPolicy.USUAL).ensure());
  }

  @Implements(className = "android.app.JobSchedulerImpl")
  public static final class FullScheduler extends ShadowJobSchedulerImpl {
    @Override
    @Implementation
    public int schedule(JobInfo job) {
      throw new IllegalStateException("Apps may not schedule more than 150 distinct jobs");
    }
  }
}
