package fedexapp.learner;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.app.Application;
import android.app.job.JobInfo;
import android.app.job.JobScheduler;
import android.content.Context;
import android.content.ContextWrapper;
import android.content.SharedPreferences;
import android.os.Looper;
import fedexclient.Enrolled;
import fedexclient.Fedex;
import fedexclient.FedexOptions;
import fedexclient.Trouble;
import fedexclient.cache.NoInferenceException;
import fedexclient.contract.Invitation;
import fedexclient.contract.Problem;
import fedexclient.contract.Strictness;
import fedexclient.service.DamagedIdentityException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.Stop;
import fedexclient.service.UnreachableException;
import fedexclient.sync.NoConsentException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** The learner of the app on a device of the library; what needs its models is tested there, on the whole road. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34, application = Application.class)
public final class FedexLearnerTest {
  private File bundle;
  private Enrolled phone;
  private Fedex fedex;
  private FedexLearner learner;

  @Before
  public void open() {
    bundle = new File(System.getProperty("fedex.app"), "../../tests/contract/golden/device-bundle-faces");
    Application app = RuntimeEnvironment.getApplication();
    phone = new Enrolled(app.getNoBackupFilesDir().toPath().resolve("fedex"));
    fedex = phone.open(app, FedexOptions.ofFolder(bundle, "test 1"));
    learner = begin();
  }

  private FedexLearner begin() {
    return begin("test 1");
  }

  private FedexLearner begin(String version) {
    Application app = RuntimeEnvironment.getApplication();
    return FedexLearner.begin(fedex, new KeptChoices(app), new LastVersion(app), version);
  }

  @After
  public void close() {
    learner.close();
    fedex.close();
  }

  @Test
  public void aNewPhoneHasTheReleaseOfItsBundleAndNothingElse() throws Exception {
    Status status = learner.status();
    assertEquals(0, status.release().serial());
    assertNull(status.release().since());
    assertEquals(0, status.samples().kept() + status.samples().waiting() + status.samples().acknowledged());
    assertNull(status.group());
    assertFalse(status.hasConsent());
    assertNull(status.lastPush());
    assertNull(status.lastPull());
    assertTrue(status.refusals().isEmpty());
  }

  @Test
  public void theLabelsOfTheBundleAreKnownInOrder() throws Exception {
    List<String> labels = learner.labels();
    assertFalse(labels.isEmpty());
    assertEquals(labels.stream().sorted().collect(Collectors.toList()), labels);
  }

  @Test
  public void nothingIsSentWithoutConsentAndWhyIsToldAfterARestart() throws Exception {
    assertThrows(NoConsentException.class, () -> learner.push((done, total) -> {}, new Stop()));
    SyncResult last = Objects.requireNonNull(learner.status().lastPush());
    assertEquals(SyncResult.Outcome.FAILED, last.outcome());
    assertEquals(Trouble.NO_CONSENT, ((PastFailure) Objects.requireNonNull(last.failure())).trouble());
  }

  @Test
  public void aPhoneOfNoGroupIsToldSoByPushAndPull() throws Exception {
    learner.consent(true);
    assertTrue(learner.status().hasConsent());
    assertThrows(EnrolmentException.class, () -> learner.push((done, total) -> {}, new Stop()));
    assertThrows(EnrolmentException.class, () -> learner.pull((done, total) -> {}, new Stop()));
    learner.consent(false);
    assertFalse(learner.status().hasConsent());
  }

  @Test
  public void anAnswerThatIsNotKeptIsToldByItsOwnException() {
    assertThrows(NoInferenceException.class, () -> learner.agree("7"));
    assertThrows(NoInferenceException.class, () -> learner.correct("7", "Ada"));
  }

  @Test
  public void anAnswerThatWasNeverKeptIsToldSoInAnotherLifeOfTheAppToo() {
    assertThrows(NoInferenceException.class, () -> learner.correct("not kept 3", "Ada"));
  }

  @Test
  public void whatTheUserSetsOutlivesTheAppAndRulesItsJobs() throws Exception {
    phone.join();
    learner.choose(Choices.usual().with(Strictness.STRICT).with(Choice.IDLE, false).with(Choice.SECURE, true));
    Choices kept = new KeptChoices(RuntimeEnvironment.getApplication()).read();
    assertEquals(Strictness.STRICT, kept.strictness());
    assertFalse(kept.has(Choice.IDLE));
    assertTrue(kept.has(Choice.SECURE));
    JobInfo job = jobs().get(0);
    assertTrue(job.isRequireCharging());
    assertFalse(job.isRequireDeviceIdle());
    assertEquals(1, jobs().size());
  }

  private static List<JobInfo> jobs() {
    return RuntimeEnvironment.getApplication().getSystemService(JobScheduler.class).getAllPendingJobs();
  }

  @Test
  public void aPhoneOfNoGroupHasNoJobs() throws Exception {
    learner.consent(true);
    learner.choose(Choices.usual());
    begin();
    assertEquals(Collections.emptyList(), jobs());
  }

  @Test
  public void aCacheThatWasDamagedIsBegunAnewAndSaidSo() throws Exception {
    assertFalse(learner.status().wasDamaged());
    fedex.close();
    Application app = RuntimeEnvironment.getApplication();
    Path cache = app.getNoBackupFilesDir().toPath().resolve("fedex/cache.sqlite3");
    Files.write(cache, new byte[100_000]);
    fedex = phone.open(app, FedexOptions.ofFolder(bundle, "test 1"));
    learner = begin();
    assertTrue(learner.status().wasDamaged());
  }

  @Test
  public void refusalsAreTriedAgainByAPhoneOfAGroupAlone() throws Exception {
    assertThrows(EnrolmentException.class, learner::retryRefused);
    phone.join();
    learner.retryRefused();
  }

  /** Who was told to update the app had no way to send it any more. */
  @Test
  public void whatWasRefusedIsSentAgainOnceTheAppWasUpdated() throws Exception {
    phone.join();
    learner.status();
    phone.refuse(Problem.UNSUPPORTED_VERSION);
    learner = begin();
    assertEquals(1, learner.status().samples().refused());
    assertFalse(learner.status().mayRetry());
    learner = begin("test 2");
    assertEquals(0, learner.status().samples().refused());
    assertEquals(1, learner.status().samples().waiting());
    phone.refuse(Problem.UNSUPPORTED_VERSION);
    learner = begin("test 2");
    assertEquals("once", 1, learner.status().samples().refused());
  }

  @Test
  public void jobsThatWereEndedByForceComeBackWithTheNextStart() throws Exception {
    phone.join();
    begin();
    RuntimeEnvironment.getApplication().getSystemService(JobScheduler.class).cancelAll();
    begin();
    begin();
    assertEquals(1, jobs().size());
  }

  @Test
  public void jobsOfAGroupThatIsKnownNoMoreEnd() throws Exception {
    phone.join();
    begin();
    phone.damage();
    begin();
    assertEquals(Collections.emptyList(), jobs());
  }

  @Test
  public void aPhoneThatLostItsGroupDoesNotSayThatTheServiceErased() throws Exception {
    phone.join();
    phone.damage();
    assertThrows(DamagedIdentityException.class, learner::erase);
  }

  /** It once was told that a file cannot be read, whatever it joined, until the app's data was deleted. */
  @Test
  public void aPhoneThatLostItsKeyJoinsAnew() throws Exception {
    phone.join();
    phone.loseKey();
    assertThrows(UnreachableException.class, () -> learner.enrol(Invitation.parse(
        "fedex://enrol?v=1&url=https%3A%2F%2F127.0.0.1%3A1&code=let-me-in&key=" + "a".repeat(32))));
  }

  @Test
  public void anErasureThatTheServiceIsNotThereForIsToldSo() throws Exception {
    phone.join();
    HalfErasedException told = assertThrows(HalfErasedException.class, learner::erase);
    assertTrue(told.missed() instanceof UnreachableException);
    assertTrue(learner.status().missedErasure());
  }

  /** What was taught next was sent, as if nothing had been said. */
  @Test
  public void whoeverIsForgottenHasToAgreeAgain() throws Exception {
    phone.join();
    learner.consent(true);
    assertThrows(HalfErasedException.class, learner::erase);
    assertFalse(learner.status().hasConsent());
  }

  @Test
  public void aPhoneOfNoGroupForgetsByItself() throws Exception {
    learner.erase();
    assertEquals(0, learner.status().samples().kept());
  }

  @Test
  public void damageOfWhatWasTaughtIsToldUntilTheUserHasReadIt() throws Exception {
    close();
    phone.damageCache();
    open();
    assertTrue(learner.status().wasDamaged());
    close();
    open();
    assertTrue(learner.status().wasDamaged());
    learner.acknowledgeDamage();
    assertFalse(learner.status().wasDamaged());
  }

  @Test
  public void anAppWithoutABundleSaysSo() {
    BuiltIn builtIn = new BuiltIn(RuntimeEnvironment.getApplication());
    assertThrows(NoModelException.class, () -> builtIn.open(RuntimeEnvironment.getApplication()));
    assertNotNull(builtIn.syncJobs());
  }

  @Test
  public void theMainThreadSchedulesTheNextRoundAsTheUserWantsItAndReadsNoFile() throws Exception {
    learner.choose(Choices.usual().with(Choice.IDLE, false));
    BuiltIn builtIn = new BuiltIn(new ContextWrapper(RuntimeEnvironment.getApplication()) {
      @Override
      public Context getApplicationContext() {
        return this;
      }

      @Override
      public SharedPreferences getSharedPreferences(String name, int mode) {
        assertFalse("on the main thread", Looper.getMainLooper().isCurrentThread());
        return super.getSharedPreferences(name, mode);
      }
    });
    Stop stop = new Stop();
    stop.ask();
    Thread job = new Thread(() -> builtIn.syncOnce(stop));
    job.start();
    job.join();
    builtIn.syncJobs().ensure();
    assertFalse(jobs().get(0).isRequireDeviceIdle());
  }
}
