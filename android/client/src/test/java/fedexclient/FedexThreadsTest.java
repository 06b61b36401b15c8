package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.pull.PullReport;
import fedexclient.push.PushReport;
import fedexclient.service.Stop;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.After;
import org.junit.Test;

/** What threads ask of one device while an upload of it is on its way, and waits for its answer. */
public final class FedexThreadsTest extends FedexTestCase {
  /** Far less than what ends a connection that is not answered, and more than a busy machine takes. */
  private static final long PATIENCE_S = 15;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);

  @After
  public void end() {
    answered.countDown();
    threads.shutdownNow();
  }

  /** A push whose first upload is at the service, which does not answer yet. */
  private Future<PushReport> waitingPush(Stop stop) throws Exception {
    join();
    teach(1, 2);
    service.fault = request -> {
      if (request.startsWith("PUT")) {
        arrived.countDown();
        answered.await();
      }
      return null;
    };
    Future<PushReport> push = run(() -> fedex.push(progress -> {}, stop));
    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    return push;
  }

  private <T> Future<T> run(Callable<T> work) {
    return threads.submit(work);
  }

  private static <T> T unanswered(Future<T> work) throws Exception {
    return work.get(PATIENCE_S, TimeUnit.SECONDS);
  }

  private void assertStoppedAndLaterSent() throws Exception {
    FedexStatus status = fedex.status();
    assertEquals(2, status.samples().waiting());
    assertEquals(Trouble.STOPPED.name(), status.lastPush().trouble());
    answered.countDown();
    fedex.giveConsent();
    PushReport report = push();
    assertNull(report.problem());
    assertEquals(2, report.samples());
  }

  @Test
  public void withdrawing_consent_stops_a_push_that_waits_for_its_answer_and_nothing_else() throws Exception {
    Stop stop = new Stop();
    Future<PushReport> push = waitingPush(stop);
    fedex.withdrawConsent();
    assertTrue(unanswered(push).wasStopped());
    assertFalse("the caller has a pull to do with it", stop.isAsked());
    assertTrouble(Trouble.NO_CONSENT, () -> fedex.push(progress -> {}, stop));
    assertEquals(1, service.count("PUT"));
    assertEquals(2, fedex.status().samples().waiting());
  }

  @Test
  public void whoever_stops_a_push_has_its_report_without_an_answer() throws Exception {
    Stop stop = new Stop();
    Future<PushReport> push = waitingPush(stop);
    stop.ask();
    assertTrue(unanswered(push).wasStopped());
    assertStoppedAndLaterSent();
  }

  @Test
  public void of_two_pushes_one_waits_and_nothing_is_sent_twice() throws Exception {
    Future<PushReport> first = waitingPush(new Stop());
    Future<PushReport> second = run(this::push);
    awaitThreadIn(Turns.class, "take");
    assertFalse(second.isDone());
    assertEquals(1, service.count("PUT"));
    answered.countDown();
    assertEquals(2, first.get().samples());
    assertEquals(0, second.get().samples());
    assertEquals(1, service.count("PUT"));
    assertEquals(2, fedex.status().samples().acknowledged());
  }

  @Test
  public void a_push_that_waits_for_another_is_stopped_where_it_waits() throws Exception {
    Future<PushReport> first = waitingPush(new Stop());
    Stop stop = new Stop();
    Future<PushReport> second = run(() -> fedex.push(progress -> {}, stop));
    awaitThreadIn(Turns.class, "take");
    stop.ask();
    try {
      unanswered(second);
      throw new AssertionError("it was done while the first one had its turn");
    } catch (ExecutionException error) {
      assertEquals(Trouble.STOPPED, ((FedexException) error.getCause()).trouble());
    }
    assertFalse(first.isDone());
    answered.countDown();
    assertEquals(2, first.get().samples());
  }

  @Test
  public void erasing_stops_a_push_and_leaves_nothing_that_could_be_sent_later() throws Exception {
    Future<PushReport> push = waitingPush(new Stop());
    assertEquals(SmallService.ERASURE, unanswered(run(fedex::erase)));
    assertTrue(unanswered(push).wasStopped());
    answered.countDown();
    assertEquals(0, push().uploads());
    assertEquals(1, service.count("PUT"));
    assertTrue(service.asked.indexOf("DELETE /v1/devices/self/samples") > 0);
  }

  @Test
  public void forgetting_stops_a_push() throws Exception {
    Future<PushReport> push = waitingPush(new Stop());
    unanswered(run(() -> {
      fedex.forget();
      return true;
    }));
    assertTrue(unanswered(push).wasStopped());
    assertEquals(0, fedex.status().samples().inferences());
  }

  @Test
  public void closing_a_device_ends_a_push_with_an_error_and_loses_nothing() throws Exception {
    Future<PushReport> push = waitingPush(new Stop());
    fedex.close();
    answered.countDown();
    try {
      push.get();
      throw new AssertionError("what the service said was kept in a closed cache");
    } catch (ExecutionException error) {
      assertEquals(Trouble.STORAGE, ((FedexException) error.getCause()).trouble());
    }
    fedex = opened("this");
    assertEquals(2, push().samples());
  }

  /** Joins, and begins a pull whose answer waits until a test lets it come. */
  private Future<PullReport> waitingPull() throws Exception {
    join();
    service.fault = request -> {
      if (request.contains("/releases/")) {
        arrived.countDown();
        answered.await();
      }
      return null;
    };
    Future<PullReport> pull = pull();
    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    return pull;
  }

  private Future<PullReport> pull() {
    return run(() -> fedex.pull((done, total) -> {}, new Stop()));
  }

  /** What it fetches is for the group that the device was of. */
  @Test
  public void enrolling_again_stops_a_pull_and_what_waits_for_one() throws Exception {
    Future<PullReport> first = waitingPull();
    Future<PullReport> second = pull();
    awaitThreadIn(Turns.class, "take");
    unanswered(run(() -> fedex.enrolAgain(service.invitation())));
    for (Future<PullReport> pull : Arrays.asList(first, second)) {
      ExecutionException error = assertThrows(ExecutionException.class, () -> unanswered(pull));
      assertEquals(Trouble.STOPPED, ((FedexException) error.getCause()).trouble());
    }
    answered.countDown();
  }

  /** No process stops the pushes of another: this one's upload was sealed for who the device was, and never sent. */
  @Test
  public void what_a_push_is_about_to_seal_while_another_process_enrols_again_goes_as_the_new_device()
      throws Exception {
    join();
    teach(1);
    List<Future<PushReport>> meanwhile = new ArrayList<>();
    service.fault = request -> {
      if (request.equals("POST /v1/devices")) {
        meanwhile.add(run(this::push));
        awaitThreadIn(Membership.class, "holdAs");
      }
      return request.startsWith("PUT") ? "503 unavailable" : null;
    };
    service.device = "eeeeeeeeeeeeeeee";
    try (Fedex other = opened("this")) {
      assertTrue(other.enrolAgain(service.invitation()).isNew());
    }
    PushReport report = meanwhile.get(0).get();
    assertEquals("expected device dddddddddddddddd, got eeeeeeeeeeeeeeee, enrolled meanwhile",
        String.valueOf(report.problem().getMessage()));
    assertEquals(0, service.count("PUT"));
    service.fault = request -> null;
    assertEquals(1, push().samples());
  }

  /** Waits until a thread has come into a method, where it waits too. */
  private static void awaitThreadIn(Class<?> type, String method) throws InterruptedException {
    String name = type.getName() + "." + method + "(";
    while (Thread.getAllStackTraces().values().stream()
        .noneMatch(stack -> Arrays.stream(stack).anyMatch(frame -> frame.toString().contains(name)))) {
      Thread.sleep(5);
    }
  }

  @Test
  public void of_two_pulls_one_waits() throws Exception {
    Future<PullReport> first = waitingPull();
    Future<PullReport> second = pull();
    awaitThreadIn(Turns.class, "take");
    assertFalse(second.isDone());
    assertEquals(1, service.count("GET /v1/spaces/"));
    answered.countDown();
    assertEquals(0, first.get().serial());
    assertEquals(0, second.get().serial());
    assertEquals(2, service.count("GET /v1/spaces/"));
  }

  @Test
  public void answers_are_given_and_kept_while_a_push_waits() throws Exception {
    Future<PushReport> push = waitingPush(new Stop());
    teach(3);
    assertEquals(3, fedex.status().samples().waiting());
    answered.countDown();
    assertEquals(3, push.get().samples());
  }

  /** It once was said to be refused, which its operator can help, though nothing was wrong. */
  @Test
  public void a_push_whose_token_a_pull_replaces_meanwhile_is_tried_again_and_not_refused() throws Exception {
    join();
    teach(1);
    Path kept = home().resolve("identity.json");
    String identity = new String(Files.readAllBytes(kept), StandardCharsets.UTF_8);
    Files.write(kept, identity.replaceAll("\"token_since\":[0-9]+", "\"token_since\":1").getBytes(StandardCharsets.UTF_8));
    service.fault = request -> {
      if (request.startsWith("PUT")) {
        arrived.countDown();
        answered.await();
        return "401 unauthenticated";
      }
      if (request.startsWith("GET /v1/objects/")) { // what tells whether the token counts
        return "401 unauthenticated";
      }
      return request.endsWith("/self/token") ? "200 {\"token\":\"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\"}" : null;
    };
    Future<PushReport> push = run(this::push);
    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    fedex.pull((done, total) -> {}, new Stop());
    assertEquals(1, service.count("POST /v1/devices/self/token"));
    answered.countDown();
    assertEquals(Trouble.TRY_LATER, Trouble.of(push.get().problem()));
    assertEquals(Trouble.REFUSED, Trouble.of(push().problem())); // by the token that counts
    service.fault = request -> null;
    assertEquals(1, push().samples());
  }
}
