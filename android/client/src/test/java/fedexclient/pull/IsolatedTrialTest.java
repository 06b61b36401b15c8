package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.ComponentName;
import android.content.Context;
import android.content.ContextWrapper;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.DeadObjectException;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.IBinder;
import android.os.Looper;
import android.os.Message;
import android.os.Messenger;
import android.os.RemoteException;
import fedexclient.contract.FileRef;
import fedexclient.recognise.Model;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.PlainRuntime;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The process of a trial as the app sees it: one that answers, dies, hangs or lies. */
@RunWith(RobolectricTestRunner.class)
public class IsolatedTrialTest {
  private static final int OTHER_PROCESS = 4_711;

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private final ExecutorService worker = Executors.newSingleThreadExecutor();
  private final HandlerThread other = new HandlerThread("the other process");
  private final List<Integer> killed = Collections.synchronizedList(new ArrayList<>());
  private Scene scene;
  private TestContext context;

  @Before
  public void makeTheScene() throws Exception {
    other.start();
    scene = new Scene(temporary.getRoot().toPath());
    context = new TestContext(RuntimeEnvironment.getApplication());
  }

  @After
  public void endTheThreads() {
    worker.shutdownNow();
    other.quit();
  }

  /** A context whose service is what a test wants. */
  private static final class TestContext extends ContextWrapper {
    final List<ServiceConnection> bound = Collections.synchronizedList(new ArrayList<>());
    final List<Intent> asked = Collections.synchronizedList(new ArrayList<>());
    IBinder binder;
    boolean refuses;

    TestContext(Context base) {
      super(base);
    }

    @Override
    public boolean bindService(Intent intent, ServiceConnection connection, int flags) {
      asked.add(intent);
      if (refuses) {
        throw new SecurityException("not here");
      }
      bound.add(connection);
      if (binder != null) {
        new Handler(Looper.getMainLooper()).post(() -> connection.onServiceConnected(intent.getComponent(), binder));
      }
      return true;
    }

    @Override
    public void unbindService(ServiceConnection connection) {
      if (!bound.remove(connection)) {
        throw new IllegalArgumentException("never bound");
      }
    }

    void die() {
      new Handler(Looper.getMainLooper()).post(
          () -> bound.get(0).onServiceDisconnected(new ComponentName(this, TrialService.class)));
    }
  }

  /** What the other process does with a message. */
  private interface Script {
    void on(Message message) throws RemoteException;
  }

  private void answering(Script script) {
    context.binder = new Messenger(new Handler(other.getLooper(), message -> {
      try {
        script.on(message);
      } catch (RemoteException error) {
        throw new IllegalStateException(error);
      }
      return true;
    })).getBinder();
  }

  private IsolatedTrial trial(long timeoutMs) {
    return new IsolatedTrial(context, scene.bundle, folder(), timeoutMs, killed::add);
  }

  private Path folder() {
    return temporary.getRoot().toPath().resolve("trial");
  }

  private Candidate candidate() throws Exception {
    Path file = temporary.getRoot().toPath().resolve("candidate");
    Files.write(file, scene.four);
    return new Candidate(file, FileRef.of(scene.four), 4);
  }

  /** Does something in another thread while the main one hears of what Android says. */
  private <T> T inBackground(Callable<T> work) throws Throwable {
    Future<T> done = worker.submit(work);
    while (!done.isDone()) {
      shadowOf(Looper.getMainLooper()).idle();
      Thread.sleep(2);
    }
    try {
      return done.get();
    } catch (ExecutionException error) {
      throw error.getCause();
    }
  }

  private <E extends Throwable> E failure(Class<E> kind, long timeoutMs) throws Exception {
    Candidate candidate = candidate();
    E thrown = assertThrows(kind, () -> inBackground(() -> trial(timeoutMs).run(candidate, scene.stop)));
    assertTrue(context.bound.isEmpty());
    assertEquals(0, folder().toFile().list().length);
    return thrown;
  }

  private void useTheRealService() {
    TrialService service = new TrialService(new PlainRuntime());
    service.onCreate();
    context.binder = service.onBind(new Intent());
  }

  @Test
  public void the_head_is_run_by_the_service_and_its_logits_come_back() throws Throwable {
    useTheRealService();
    Candidate candidate = candidate();
    float[] logits = inBackground(() -> trial(30_000).run(candidate, scene.stop));
    assertArrayEquals(Release.expected(scene.bundle.golden(), 4, 5), logits);
    assertTrue(context.bound.isEmpty());
    assertEquals(TrialService.class.getName(), context.asked.get(0).getComponent().getClassName());
    assertTrue(killed.isEmpty()); // it ran in this very process
  }

  @Test
  @Config(sdk = {26, 34})
  public void a_whole_pull_goes_by_way_of_the_service() throws Throwable {
    useTheRealService();
    scene.trial = trial(30_000);
    scene.publish(scene.four, 1);
    assertEquals(PullOutcome.INSTALLED, inBackground(scene::pull).outcome());
    assertEquals(1, scene.serving());
  }

  @Test
  public void what_the_service_refuses_is_refused_with_its_reason() throws Exception {
    useTheRealService();
    Candidate candidate = candidate();
    Files.write(candidate.file(), new byte[scene.four.length]);
    HeadRefusedException refused = assertThrows(
        HeadRefusedException.class, () -> inBackground(() -> trial(30_000).run(candidate, scene.stop)));
    assertFalse(refused instanceof HeadCrashedException);
    assertTrue(refused.getMessage().contains("sha256"), refused.getMessage());
  }

  @Test
  public void a_service_that_cannot_try_says_so_and_the_head_is_not_blamed() throws Exception {
    answering(message -> {
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
      message.replyTo.send(TrialMessages.because(TrialMessages.FAILED, new Exception("no room")));
    });
    assertTrue(failure(TryLaterException.class, 30_000).getMessage().contains("no room"));
    assertEquals(List.of(OTHER_PROCESS), killed);
  }

  /** The JVM of these tests has no TensorFlow Lite of an APK: it once took the process down, which gave the head up. */
  @Test
  public void a_phone_on_which_no_model_runs_does_not_blame_the_head() throws Exception {
    TrialService service = new TrialService();
    service.onCreate();
    context.binder = service.onBind(new Intent());
    assertTrue(failure(TryLaterException.class, 30_000).getMessage().contains("does not load"));
  }

  @Test
  public void a_process_that_dies_is_a_crash() throws Exception {
    answering(message -> {
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
      context.die();
    });
    assertTrue(failure(HeadCrashedException.class, 30_000).getMessage().contains("died"));
  }

  /** The process of the trial before, which was still dying, once was taken for one that the head crashed. */
  @Test
  public void a_process_that_dies_before_it_begins_does_not_blame_the_head() throws Exception {
    answering(message -> {
      context.die();
      context.die();
    });
    assertTrue(failure(TryLaterException.class, 30_000).getMessage().contains("does not begin"));
    assertTrue(killed.isEmpty());
  }

  @Test
  public void a_process_whose_death_is_heard_of_before_its_beginning_is_a_crash() throws Exception {
    answering(message -> {
      context.die();
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
    });
    assertTrue(failure(HeadCrashedException.class, 30_000).getMessage().contains("died"));
    assertEquals(List.of(OTHER_PROCESS), killed);
  }

  /** That its files could not be removed was told in the place of the crash, which then was not counted. */
  @Test
  public void a_crash_is_told_even_where_the_files_of_its_trial_stay() throws Exception {
    answering(message -> {
      fillFolder("logits");
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
      context.die();
    });
    Candidate candidate = candidate();
    HeadCrashedException crash = assertThrows(
        HeadCrashedException.class, () -> inBackground(() -> trial(30_000).run(candidate, scene.stop)));
    assertEquals(StorageException.class, crash.getSuppressed()[0].getClass());
  }

  /** Has a folder, which is not empty, stand where a file of the trial is. */
  private void fillFolder(String name) {
    try {
      Files.createDirectories(folder().resolve(name).resolve("not-empty"));
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  @Test
  public void a_process_that_hangs_is_a_crash_and_is_ended() throws Exception {
    answering(message -> message.replyTo.send(TrialMessages.started(OTHER_PROCESS)));
    assertTrue(failure(HeadCrashedException.class, 3_000).getMessage().contains("no answer came in time"));
    assertEquals(List.of(OTHER_PROCESS), killed);
  }

  @Test
  public void a_process_that_never_begins_does_not_blame_the_head() throws Exception {
    answering(message -> {});
    assertTrue(failure(TryLaterException.class, 200).getMessage().contains("does not begin"));
  }

  @Test
  public void a_process_that_is_slow_to_begin_leaves_the_head_no_less_time() throws Throwable {
    TrialAnswers answers = new TrialAnswers(new SlowRuntime(), OTHER_PROCESS);
    answering(message -> {
      pause();
      answers.handleMessage(message);
    });
    Candidate candidate = candidate();
    assertEquals(4, inBackground(() -> trial(5_000).run(candidate, scene.stop)).length);
  }

  /** Takes as long to open a head as the process takes to begin. */
  private static final class SlowRuntime implements ModelRuntime {
    @Override
    public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
      pause();
      return new PlainRuntime().open(content, signature, threads);
    }

    @Override
    public String name() {
      return "slow 1";
    }
  }

  private static void pause() {
    try {
      Thread.sleep(3_000);
    } catch (InterruptedException error) {
      throw new AssertionError(error);
    }
  }

  @Test
  public void garbage_is_a_crash() throws Exception {
    for (int what : new int[] {0, 77, -1, -3, Integer.MIN_VALUE}) {
      answering(message -> message.replyTo.send(Message.obtain(null, what)));
      assertTrue(failure(HeadCrashedException.class, 30_000).getMessage().contains("of kind"));
    }
  }

  @Test
  public void an_answer_without_logits_or_with_others_is_a_crash() throws Exception {
    answering(message -> message.replyTo.send(TrialMessages.answered()));
    assertTrue(failure(HeadCrashedException.class, 30_000).getMessage().contains("expected 4 logits"));
    for (int size : new int[] {0, 15, 17, 1 << 20}) {
      answering(message -> {
        write(message, size);
        message.replyTo.send(TrialMessages.answered());
      });
      failure(HeadCrashedException.class, 30_000);
    }
  }

  private static void write(Message message, int size) {
    try {
      Files.write(TrialMessages.request(message).folder().resolve("logits"), new byte[size]);
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  @Test
  public void a_process_that_is_gone_before_it_was_asked_is_tried_again_later() throws Exception {
    context.binder = (IBinder) Proxy.newProxyInstance(
        getClass().getClassLoader(), new Class<?>[] {IBinder.class}, (proxy, method, arguments) -> {
          if (method.getName().equals("queryLocalInterface")) {
            return null;
          }
          throw new DeadObjectException();
        });
    failure(TryLaterException.class, 30_000);
  }

  @Test
  public void a_process_that_cannot_be_started_is_tried_again_later() throws Exception {
    context.binder = null;
    failure(TryLaterException.class, 100);
    context.refuses = true;
    failure(TryLaterException.class, 30_000);
  }

  @Test
  public void whoever_asks_to_stop_does_not_wait_for_the_answer() throws Exception {
    answering(message -> {
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
      new Handler(Looper.getMainLooper()).post(scene.stop::ask); // once it has heard that
    });
    failure(StoppedException.class, 30_000);
    assertEquals(List.of(OTHER_PROCESS), killed);
  }

  @Test
  public void a_pull_whose_trial_crashes_leaves_the_head_that_serves_and_does_not_try_it_again() throws Throwable {
    useTheRealService();
    scene.trial = trial(30_000);
    scene.publish(scene.three, 1);
    inBackground(scene::pull);
    answering(message -> {
      message.replyTo.send(TrialMessages.started(OTHER_PROCESS));
      context.die();
    });
    scene.publish(scene.four, 2);
    for (int time = 0; time < 3; time++) {
      assertTrue(assertThrows(HeadRefusedException.class, () -> inBackground(scene::pull))
          .getMessage().contains("refused: crashed"));
    }
    assertEquals(3, context.asked.size()); // once for the first release, twice for this one
    assertEquals(1, scene.serving());
  }

  @Test
  public void the_main_thread_which_hears_of_the_answer_is_no_place_for_a_trial() throws Exception {
    Candidate candidate = candidate();
    assertThrows(IllegalStateException.class, () -> trial(100).run(candidate, scene.stop));
  }

  @Test
  public void what_is_no_request_is_answered_by_nothing_or_by_failed() throws Throwable {
    useTheRealService();
    List<Integer> said = Collections.synchronizedList(new ArrayList<>());
    Messenger asker = new Messenger(new Handler(other.getLooper(), message -> said.add(message.what)));
    Messenger service = new Messenger(context.binder);
    service.send(Message.obtain(null, 99));
    service.send(Message.obtain(null, TrialMessages.RUN));
    Message empty = Message.obtain(null, TrialMessages.RUN);
    empty.replyTo = asker;
    service.send(empty);
    while (said.size() < 2) {
      Thread.sleep(2);
    }
    assertEquals(List.of(TrialMessages.STARTED, TrialMessages.FAILED), said);
  }

  @Test
  public void the_service_is_made_by_android_and_ends() {
    TrialService service = Robolectric.buildService(TrialService.class).create().get();
    assertTrue(service.onBind(new Intent()).isBinderAlive());
    service.onDestroy();
  }

  @Test
  public void the_librarys_manifest_runs_the_service_in_a_process_of_its_own_and_exports_it_to_nobody()
      throws Exception {
    Path manifest = Path.of(System.getProperty("fedex.root", "../.."), "android/client/src/aar/AndroidManifest.xml");
    NodeList services = DocumentBuilderFactory.newInstance()
        .newDocumentBuilder().parse(manifest.toFile()).getElementsByTagName("service");
    Map<String, Element> named = new HashMap<>();
    for (int number = 0; number < services.getLength(); number++) {
      Element service = (Element) services.item(number);
      named.put(service.getAttribute("android:name"), service);
    }
    Element service = named.get(TrialService.class.getName());
    assertEquals(":fedex_trial", service.getAttribute("android:process"));
    assertEquals("false", service.getAttribute("android:exported"));
  }
}
