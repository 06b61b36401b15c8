package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.app.Application;
import android.app.job.JobInfo;
import android.app.job.JobParameters;
import android.app.job.JobScheduler;
import android.os.Looper;
import android.os.PersistableBundle;
import fedexclient.service.Stop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ServiceController;
import org.robolectric.annotation.Config;
import org.robolectric.util.ReflectionHelpers;
import org.robolectric.util.ReflectionHelpers.ClassParameter;

@RunWith(RobolectricTestRunner.class)
@Config(application = SyncJobServiceTest.App.class)
public final class SyncJobServiceTest {
  private static final int JOB = 700;
  private static final long PATIENCE_S = 20;

  /** An app whose round lasts until it is told to end, or until it is stopped. */
  public static final class App extends Application implements SyncHost {
    private final CountDownLatch began = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Stop stop = new Stop();

    @Override
    public SyncJobs syncJobs() {
      return new SyncJobs(this, SyncPolicy.USUAL, JOB);
    }

    @Override
    public double syncOnce(Stop asked) {
      stop = asked;
      asked.onAsk(mayEnd::countDown);
      began.countDown();
      try {
        assertTrue(mayEnd.await(PATIENCE_S, TimeUnit.SECONDS));
      } catch (InterruptedException error) {
        throw new AssertionError(error);
      }
      ended.countDown();
      return 42;
    }
  }

  private App app;
  private JobScheduler scheduler;
  private ServiceController<SyncJobService> service;

  @Before
  public void open() {
    Application application = RuntimeEnvironment.getApplication();
    app = application instanceof App ? (App) application : new App();
    scheduler = application.getSystemService(JobScheduler.class);
    service = Robolectric.buildService(SyncJobService.class).create();
  }

  /** The job as Android gives it to the service: of that which waits, if one does. */
  private JobParameters job() {
    JobParameters job = ReflectionHelpers.newInstance(JobParameters.class);
    JobInfo waiting = scheduler.getPendingJob(JOB);
    ReflectionHelpers.setField(job, "jobId", JOB);
    ReflectionHelpers.setField(job, "extras", waiting == null ? PersistableBundle.EMPTY : waiting.getExtras());
    return job;
  }

  private void start() throws InterruptedException {
    app.syncJobs().ensure();
    assertTrue("it goes on in a thread of its own", service.get().onStartJob(job()));
    assertTrue(app.began.await(PATIENCE_S, TimeUnit.SECONDS));
  }

  /** Waits for the round's thread, and lets the main thread do what that left to it. */
  private void awaitEnd() throws InterruptedException {
    awaitThread();
    Shadows.shadowOf(Looper.getMainLooper()).idle();
  }

  private void awaitThread() throws InterruptedException {
    assertTrue(app.ended.await(PATIENCE_S, TimeUnit.SECONDS));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (isAlive("fedex-sync") && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
  }

  private static boolean isAlive(String name) {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(one -> one.getName().equals(name));
  }

  @Test
  public void a_round_that_ended_schedules_the_next_one() throws Exception {
    start();
    app.mayEnd.countDown();
    awaitEnd();
    assertEquals(42_000, scheduler.getPendingJob(JOB + 1).getMinLatencyMillis());
    assertFalse(app.stop.isAsked());
    assertTrue(Shadows.shadowOf(service.get()).getIsJobFinished());
    assertFalse(Shadows.shadowOf(service.get()).getIsRescheduleNeeded());
  }

  @Test
  public void a_round_ends_when_it_is_asked_to_and_android_runs_it_again() throws Exception {
    start();
    assertTrue("Android runs it again", service.get().onStopJob(job()));
    assertTrue("before Android goes on", app.stop.isAsked());
    awaitEnd();
    assertNull(scheduler.getPendingJob(JOB + 1));
    assertFalse(Shadows.shadowOf(service.get()).getIsJobFinished());
  }

  @Test
  public void a_round_that_takes_long_is_asked_to_end_before_android_ends_it() throws Exception {
    start();
    Shadows.shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(SyncJobService.LONGEST_MS + 1));
    awaitEnd();
    assertTrue(app.stop.isAsked());
    assertNotNull("what is left is done by the next one", scheduler.getPendingJob(JOB + 1));
  }

  @Test
  public void a_round_ends_with_its_service() throws Exception {
    start();
    service.destroy();
    awaitEnd();
    assertTrue(app.stop.isAsked());
    assertNull("Android runs the same one again", scheduler.getPendingJob(JOB + 1));
    assertFalse(Shadows.shadowOf(service.get()).getIsJobFinished());
  }

  /** Android's word that a job is to stop comes as a message behind the end of its round. */
  @Test
  public void a_round_whose_end_waits_as_it_is_cancelled_is_followed_by_none() throws Exception {
    start();
    app.mayEnd.countDown();
    awaitThread();
    app.syncJobs().cancel();
    Shadows.shadowOf(Looper.getMainLooper()).idle();
    assertTrue(scheduler.getAllPendingJobs().isEmpty());
    assertFalse(Shadows.shadowOf(service.get()).getIsRescheduleNeeded());
  }

  /** It once ended the app, in the background. */
  @Test
  public void where_android_takes_no_more_jobs_the_same_one_is_run_again() throws Exception {
    start();
    Shadows.shadowOf(scheduler).failOnJob(JOB + 1);
    app.mayEnd.countDown();
    awaitEnd();
    assertTrue(Shadows.shadowOf(service.get()).getIsJobFinished());
    assertTrue(Shadows.shadowOf(service.get()).getIsRescheduleNeeded());
  }

  @Test
  @Config(application = Application.class)
  public void an_app_that_is_no_host_is_told() {
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> service.get().onStartJob(job()));
    assertTrue(error.getMessage().contains("SyncHost"));
  }
}
