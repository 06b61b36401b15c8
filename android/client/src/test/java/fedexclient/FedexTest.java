package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.content.ContextWrapper;
import fedexclient.cache.Outside;
import fedexclient.contract.Problem;
import fedexclient.keeping.KeptAnswer;
import fedexclient.push.PushReport;
import fedexclient.recognise.NoRuntimeException;
import fedexclient.recognise.TfliteRuntime;
import fedexclient.service.CopiedIdentityException;
import fedexclient.service.DamagedIdentityException;
import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import fedexclient.sync.SyncPolicy;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.Test;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** What an app asks of a device, one thing after the other. */
@Config(sdk = {26, 34})
public final class FedexTest extends FedexTestCase {
  private static final double LONGEST_WAIT_S = 4 * 3600;

  @Test
  public void before_consent_nothing_is_uploaded() throws Exception {
    teach(1);
    fedex.enrol(service.invitation());
    int asked = service.asked.size();
    assertTrouble(Trouble.NO_CONSENT, this::push);
    fedex.giveConsent();
    fedex.withdrawConsent();
    assertTrouble(Trouble.NO_CONSENT, this::push);
    assertEquals(asked, service.asked.size());
    assertEquals(Trouble.NO_CONSENT.name(), fedex.status().lastPush().trouble());
    assertNull(fedex.status().consentMs());
    assertEquals(1, fedex.status().samples().waiting());
  }

  private void joinAnotherGroup() throws Exception {
    service.group = "friends";
    service.device = "eeeeeeeeeeeeeeee";
    fedex.enrolAgain(service.invitation());
  }

  /** What was taught before any group once went, unasked, to whichever was joined next. */
  @Test
  public void consent_to_one_group_lets_nothing_go_to_another() throws Exception {
    teach(1);
    join();
    joinAnotherGroup();
    assertNull(fedex.status().consentMs());
    assertTrouble(Trouble.NO_CONSENT, this::push);
    assertEquals(0, service.count("PUT"));
    fedex.giveConsent();
    assertEquals(1, push().samples());
  }

  @Test
  public void consent_before_enrolment_is_for_the_first_group_that_is_joined() throws Exception {
    fedex.giveConsent();
    assertNotNull(fedex.status().consentMs());
    fedex.enrol(service.invitation());
    assertNotNull(fedex.status().consentMs());
    joinAnotherGroup();
    assertNull(fedex.status().consentMs());
  }

  @Test
  public void whoever_is_not_enrolled_is_told_so_and_asks_nobody() throws Exception {
    teach(1);
    fedex.giveConsent();
    assertTrouble(Trouble.NOT_ENROLLED, this::push);
    assertTrouble(Trouble.NOT_ENROLLED, () -> fedex.pull((done, total) -> {}, new Stop()));
    assertTrouble(Trouble.NOT_ENROLLED, fedex::erase);
    assertTrouble(Trouble.NOT_ENROLLED, fedex::retryRefused);
    assertEquals(Collections.emptyList(), service.asked);
    FedexStatus status = fedex.status();
    assertNull(status.group());
    assertEquals(Trouble.NOT_ENROLLED.name(), status.lastPull().trouble());
    assertEquals("an erasure that was asked of nobody", 1, status.samples().waiting());
  }

  @Test
  public void feedback_that_was_given_before_enrolment_is_sent_after_it() throws Exception {
    teach(1, 2);
    join();
    teach(3);
    PushReport report = push();
    assertNull(report.problem());
    assertEquals(3, report.samples());
    FedexStatus status = fedex.status();
    assertEquals(3, status.samples().acknowledged());
    assertEquals(0, status.samples().waiting());
    assertEquals("family", status.group());
    assertEquals(service.url(), status.url());
    assertEquals(service.device, status.device());
    assertNull(status.lastPush().trouble());
    assertEquals(0, push().uploads());
  }

  @Test
  public void labels_are_those_of_the_head_and_those_that_were_given() throws Exception {
    TreeSet<String> expected = new TreeSet<>(bundle.labels());
    assertEquals(new ArrayList<>(expected), fedex.labels());
    fedex.correct(recognise(1).inference(), "Zuse");
    expected.add("Zuse");
    assertEquals(new ArrayList<>(expected), fedex.labels());
    fedex.enrol(service.invitation());
    assertEquals(new ArrayList<>(expected), fedex.labels());
  }

  @Test
  public void labels_are_in_the_order_of_the_language_and_not_of_code_units() throws Exception {
    List<String> expected = Arrays.asList("anna", "Ärmel", "Bob", "Zoë", "zuse");
    for (String label : Arrays.asList("zuse", "Bob", "Ärmel", "Zoë", "anna")) {
      fedex.correct(recognise(1).inference(), label);
    }
    List<String> seen = new ArrayList<>(fedex.labels());
    seen.retainAll(expected);
    assertEquals(expected, seen);
  }

  @Test
  public void whoever_waits_for_an_enrolment_or_an_erasure_may_stop_it_and_asks_again() throws Exception {
    Stop enrolling = new Stop();
    CountDownLatch stopped = new CountDownLatch(1);
    service.fault = request -> askedToStop(enrolling, stopped);
    assertTrouble(Trouble.STOPPED, () -> fedex.enrol(service.invitation(), enrolling));
    stopped.countDown();
    service.fault = request -> null;
    join();
    teach(1);
    push();
    Stop erasing = new Stop();
    CountDownLatch stoppedToo = new CountDownLatch(1);
    service.fault = request -> askedToStop(erasing, stoppedToo);
    assertTrouble(Trouble.STOPPED, () -> fedex.erase(erasing));
    stoppedToo.countDown();
    service.fault = request -> null;
    assertEquals(0, fedex.status().samples().inferences());
    assertEquals(SmallService.ERASURE, fedex.erase());
  }

  /** The service asks on the user's behalf, and answers only when the user has stopped waiting. */
  private static @Nullable String askedToStop(Stop stop, CountDownLatch stopped) throws InterruptedException {
    stop.ask();
    stopped.await();
    return null;
  }

  @Test
  public void what_the_service_refuses_is_counted_and_sent_again_when_that_is_asked_for() throws Exception {
    join();
    teach(1);
    service.fault = request -> request.startsWith("PUT") ? "422 impossible" : null;
    assertEquals(1, push().refused());
    SampleCounts samples = fedex.status().samples();
    assertEquals(Arrays.asList(1L, 0L, 1L, 0L),
        Arrays.asList(samples.inferences(), samples.waiting(), samples.refused(), samples.acknowledged()));
    assertEquals(EnumSet.of(Problem.IMPOSSIBLE), samples.refusals());
    assertEquals(Trouble.REFUSED.name(), fedex.status().lastPush().trouble());

    service.fault = request -> null;
    assertEquals(0, push().uploads());
    fedex.retryRefused();
    assertEquals(1, fedex.status().samples().waiting());
    assertEquals(1, push().samples());
    samples = fedex.status().samples();
    assertEquals(Arrays.asList(1L, 0L, 0L, 1L),
        Arrays.asList(samples.inferences(), samples.waiting(), samples.refused(), samples.acknowledged()));
  }

  /** It was said to be impossible, as if the service could be put right. */
  @Test
  public void what_was_refused_of_a_space_that_was_retired_since_is_refused_as_that() throws Exception {
    join();
    teach(1);
    service.fault = request -> request.startsWith("PUT") ? "422 impossible" : null;
    push();
    String[] upload = Outside.rows(cache(), "SELECT origin, space FROM uploads").get(0).split("\\|");
    String known = "{\"current\":[],\"etag\":\"\",\"format\":1,\"issued\":1760000000,\"origin\":\"" + upload[0]
        + "\",\"retired\":[\"" + upload[1] + "\"],\"serial\":1}";
    Files.write(home().resolve("spaces.json"), known.getBytes(StandardCharsets.UTF_8));
    assertEquals(EnumSet.of(Problem.RETIRED_SPACE), fedex.status().samples().refusals());
    assertEquals(1, fedex.status().samples().refused());
  }

  @Test
  public void a_service_that_does_not_answer_keeps_nothing_from_being_sent_later() throws Exception {
    join();
    teach(1, 2);
    service.fault = request -> "503 unavailable";
    assertEquals(Trouble.TRY_LATER, Trouble.of(push().problem()));
    assertEquals(2, fedex.status().samples().waiting());
    assertTrouble(Trouble.TRY_LATER, () -> fedex.pull((done, total) -> {}, new Stop()));
    service.fault = request -> null;
    assertEquals(2, push().samples());
  }

  @Test
  public void erasing_forgets_here_before_it_asks_the_service() throws Exception {
    join();
    teach(1, 2);
    push();
    teach(3);
    AtomicReference<Long> left = new AtomicReference<>();
    service.fault = request -> {
      if (request.startsWith("DELETE")) {
        left.set(fedex.status().samples().inferences());
        return "503 unavailable";
      }
      return null;
    };
    assertTrouble(Trouble.TRY_LATER, fedex::erase);
    assertEquals(Long.valueOf(0), left.get());
    service.fault = request -> null;
    assertEquals(SmallService.ERASURE, fedex.erase());
    PushReport report = push();
    assertEquals(0, report.uploads());
    assertNull(report.problem());
  }

  /** What was acknowledged here at once was erased there with all that was before, without a word. */
  @Test
  public void what_is_given_after_an_erasure_is_sent_when_the_erasure_is_over() throws Exception {
    join();
    teach(1);
    push();
    fedex.erase();
    teach(2);
    TryLaterException soon = (TryLaterException) push().problem();
    assertTrue(soon.toString(), soon.retryAfterS() >= 25 && soon.retryAfterS() <= 30);
    assertEquals(1, service.count("PUT"));
    assertEquals(Trouble.TRY_LATER.name(), fedex.status().lastPush().trouble());
    letErasureSettle();
    assertEquals(1, push().samples());
  }

  private void letErasureSettle() throws Exception {
    Path kept = home().resolve("erasure.json");
    String document = new String(Files.readAllBytes(kept), StandardCharsets.UTF_8);
    Files.write(kept, document.replaceAll("(\"answered_ms\":)[0-9]+",
        "$1" + (System.currentTimeMillis() - 30_000)).getBytes(StandardCharsets.UTF_8));
  }

  /** Nobody remembered it: what the user wanted to be gone stayed there, unless he asked again. */
  @Test
  public void an_erasure_that_the_service_missed_is_asked_for_by_the_next_push_whoever_consents() throws Exception {
    join();
    teach(1);
    push();
    fedex.withdrawConsent();
    service.fault = request -> request.startsWith("DELETE") ? "503 unavailable" : null;
    assertTrouble(Trouble.TRY_LATER, fedex::erase);
    assertTrue(fedex.status().isErasureMissed());
    assertTrouble(Trouble.NO_CONSENT, this::push);
    fedex.giveConsent();
    teach(2);
    assertEquals(Trouble.TRY_LATER, Trouble.of(push().problem()));
    assertEquals(1, service.count("PUT"));
    fedex.withdrawConsent();
    service.fault = request -> null;
    assertTrouble(Trouble.NO_CONSENT, this::push);
    assertFalse(fedex.status().isErasureMissed());
    assertEquals(4, service.count("DELETE"));
    fedex.giveConsent();
    assertEquals(Trouble.TRY_LATER, Trouble.of(push().problem()));
    letErasureSettle();
    assertEquals(1, push().samples());
    assertEquals(4, service.count("DELETE"));
  }

  @Test
  public void the_service_is_asked_to_erase_even_where_nothing_can_be_forgotten_here() throws Exception {
    join();
    teach(1);
    fedex.close();
    assertTrouble(Trouble.STORAGE, fedex::erase);
    assertEquals(1, service.count("DELETE"));
    service.fault = request -> request.startsWith("DELETE") ? "503 unavailable" : null;
    FedexException failed = assertTrouble(Trouble.STORAGE, fedex::erase);
    assertEquals(TryLaterException.class, failed.getCause().getSuppressed()[0].getClass());
  }

  /** An app once forgot here alone, and said that all was erased, while the service kept everything. */
  @Test
  public void whose_identity_cannot_be_read_is_told_that_the_service_was_not_asked() throws Exception {
    join();
    teach(1);
    push();
    fedex.close();
    fedex = opened("another");
    FedexException copied = assertTrouble(Trouble.NOT_ENROLLED, fedex::erase);
    assertEquals(CopiedIdentityException.class, copied.getCause().getClass());
    Files.write(home().resolve("identity.json"), new byte[] {'{'});
    FedexException damaged = assertTrouble(Trouble.NOT_ENROLLED, fedex::erase);
    assertEquals(DamagedIdentityException.class, damaged.getCause().getClass());
    assertEquals(0, service.count("DELETE"));
    assertEquals(1, fedex.status().samples().inferences());
    fedex.forget();
    assertEquals(0, fedex.status().samples().inferences());
  }

  @Test
  public void whoever_is_not_enrolled_forgets_without_the_service() throws Exception {
    teach(1);
    fedex.forget();
    assertEquals(0, fedex.status().samples().inferences());
    assertEquals(Collections.emptyList(), service.asked);
  }

  private void damage() throws Exception {
    Outside.change(cache(), "UPDATE feedback SET label = x'00'");
    Outside.change(cache(), "UPDATE setups SET cosine_ppm = 'many'");
  }

  private void assertBegunAnew() throws Exception {
    FedexStatus status = fedex.status();
    assertEquals(0, status.samples().inferences());
    assertEquals(new File(cache().getPath() + ".damaged"), status.setAside());
    assertTrue(status.setAside().exists());
    teach(7);
    join();
    assertEquals(1, push().samples());
  }

  @Test
  public void damage_that_a_question_meets_is_said_once_and_then_all_begins_anew() throws Exception {
    teach(1);
    assertNull(fedex.status().setAside());
    damage();
    assertTrouble(Trouble.STORAGE, fedex::labels);
    assertBegunAnew();
  }

  /** As a job at night may have met it, in a process that is gone. */
  @Test
  public void damage_is_told_by_the_next_process_too_until_the_user_has_seen_it() throws Exception {
    teach(1);
    damage();
    assertTrouble(Trouble.STORAGE, fedex::labels);
    fedex.status();
    fedex.close();
    fedex = opened("this");
    assertNotNull(fedex.status().setAside());
    fedex.dropSetAside();
    assertNull(fedex.status().setAside());
    assertFalse(new File(cache().getPath() + ".damaged").exists());
  }

  @Test
  public void damage_that_was_met_since_is_another_one_and_told_too() throws Exception {
    teach(1);
    damage();
    assertTrouble(Trouble.STORAGE, fedex::labels);
    assertNotNull(fedex.status().setAside());
    teach(2);
    damage();
    assertTrouble(Trouble.STORAGE, fedex::labels);
    fedex.dropSetAside();
    assertNotNull(fedex.status().setAside());
    fedex.dropSetAside();
    assertNull(fedex.status().setAside());
  }

  @Test
  public void damage_that_recognising_meets_is_said_once_and_answers_go_on() throws Exception {
    teach(1);
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      assertNotNull(recognizer.recognise(photo(2)).get(0).inference());
      damage();
      KeptAnswer kept = recognizer.recognise(photo(3)).get(0);
      assertNull(kept.inference());
      assertEquals(Trouble.STORAGE, Trouble.of(kept.problem()));
      assertNotNull(recognizer.recognise(photo(4)).get(0).inference());
    }
    fedex.forget();
    assertFalse("features that were set aside are features", new File(cache().getPath() + ".damaged").exists());
    assertNull(fedex.status().setAside());
    assertEquals(0, fedex.status().samples().inferences());
  }

  @Test
  public void damage_that_a_push_meets_is_said_once() throws Exception {
    teach(1);
    join();
    damage();
    assertTrouble(Trouble.STORAGE, this::push);
    assertBegunAnew();
  }

  @Test
  public void a_device_that_was_closed_says_so_and_opens_nothing() throws Exception {
    teach(1);
    join();
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      fedex.close();
      KeptAnswer kept = recognizer.recognise(photo(2)).get(0);
      assertNull(kept.inference());
      assertEquals(Trouble.STORAGE, Trouble.of(kept.problem()));
    }
    int asked = service.asked.size();
    assertTrouble(Trouble.STORAGE, this::push);
    assertTrouble(Trouble.STORAGE, fedex::status);
    assertTrouble(Trouble.STORAGE, () -> fedex.correct(1, "Ada"));
    fedex.close();
    assertEquals(asked, service.asked.size());
    fedex = opened("this");
    assertEquals(1, fedex.status().samples().waiting());
  }

  @Test
  public void an_identity_that_was_copied_from_another_phone_is_not_used_and_can_be_replaced() throws Exception {
    join();
    teach(1);
    fedex.close();
    service.device = "eeeeeeeeeeeeeeee";
    fedex = opened("another");
    FedexException error = assertTrouble(Trouble.NOT_ENROLLED, this::push);
    assertEquals(CopiedIdentityException.class, error.getCause().getClass());
    assertTrouble(Trouble.NOT_ENROLLED, () -> fedex.enrol(service.invitation()));
    assertNull(fedex.status().device());
    assertTrue(fedex.enrolAgain(service.invitation()).isNew());
    assertEquals(service.device, fedex.status().device());
    teach(2);
    assertEquals("what was given in the same group, there and here", 2, push().samples());
  }

  @Test
  public void a_phone_that_lost_its_key_can_be_made_another_device() throws Exception {
    join();
    fedex.close();
    service.device = "eeeeeeeeeeeeeeee";
    fedex = opened(Devices.LOST_KEY);
    assertTrouble(Trouble.STORAGE, () -> fedex.enrol(service.invitation()));
    assertTrue(fedex.enrolAgain(service.invitation()).isNew());
    assertEquals(service.device, fedex.status().device());
  }

  /** It once was kept as given before enrolment, and went to another group than the one in which it was given. */
  @Test
  public void what_is_said_as_nobody_can_tell_in_which_group_is_not_kept() throws Exception {
    join();
    Long inference = recognise(1).inference();
    Files.write(home().resolve("identity.json"), new byte[] {'{'});
    assertTrouble(Trouble.NOT_ENROLLED, () -> fedex.agree(inference));
    assertTrouble(Trouble.NOT_ENROLLED, () -> fedex.correct(inference, "Ada"));
    assertTrouble(Trouble.NOT_ENROLLED, fedex::giveConsent);
    assertFalse(fedex.labels().isEmpty());
    assertEquals(0, fedex.status().samples().waiting());
    joinAnotherGroup();
    fedex.giveConsent();
    assertEquals(0, push().samples());
  }

  @Test
  public void uploads_on_their_way_keep_a_device_from_becoming_another_one() throws Exception {
    join();
    teach(1);
    service.fault = request -> request.startsWith("PUT") ? "503 unavailable" : null;
    push();
    assertTrouble(Trouble.UNSENT, () -> fedex.enrolAgain(service.invitation()));
    assertEquals(service.device, fedex.status().device());
    service.fault = request -> null;
    push();
    assertFalse(fedex.enrolAgain(service.invitation()).isNew());
  }

  @Test
  public void what_is_no_photo_no_label_and_not_kept_is_told_apart() throws Exception {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      assertTrouble(Trouble.PHOTO, () -> recognizer.recognise(new byte[100]));
    }
    long inference = recognise(1).inference();
    assertTrouble(Trouble.LABEL, () -> fedex.correct(inference, " \n"));
    assertTrouble(Trouble.GONE, () -> fedex.correct(inference + 1, "Ada"));
    Files.write(bundleFolder.resolve("prefix.tflite"), new byte[10]);
    assertTrouble(Trouble.MODEL, fedex::recognizer);
  }

  /** The JVM of these tests has no TensorFlow Lite of an APK: its error once took the app down. */
  @Test
  public void a_phone_on_which_no_model_runs_says_so_and_keeps_what_was_not_tested() throws Exception {
    teach(1);
    join();
    Outside.change(cache(), "UPDATE setups SET cosine_ppm = NULL"); // as one that was never tested
    fedex.close();
    FedexOptions options = FedexOptions.ofFolder(bundleFolder.toFile(), "app 1");
    fedex = Devices.on(RuntimeEnvironment.getApplication(), home(), options, new TfliteRuntime(), "this");
    FedexException error = assertTrouble(Trouble.MODEL, fedex::recognizer);
    assertEquals(NoRuntimeException.class, error.getCause().getClass());
    PushReport report = push();
    assertEquals(0, report.samples());
    assertEquals("it once said that nothing waited", Trouble.KEPT_BACK, Trouble.of(report.problem()));
    assertEquals(Trouble.KEPT_BACK.name(), fedex.status().lastPush().trouble());
    assertEquals(1, fedex.status().samples().waiting());
  }

  /** To name the folder alone, Android makes one: an app's main thread once did, as it began. */
  @Test
  public void opening_a_device_touches_no_file() {
    Context untouchable = new ContextWrapper(RuntimeEnvironment.getApplication()) {
      @Override
      public Context getApplicationContext() {
        return this;
      }

      @Override
      public File getNoBackupFilesDir() {
        throw new AssertionError("the folder was asked for");
      }
    };
    Fedex opened = Fedex.open(untouchable, FedexOptions.ofFolder(bundleFolder.toFile(), "app 1"));
    assertNotNull(opened.syncJobs(SyncPolicy.USUAL));
    assertThrows(AssertionError.class, opened::status);
  }

  /** It once read a file in whatever thread asked, and told of another time than the rest of it. */
  @Test
  public void a_status_is_of_the_moment_at_which_it_was_asked_for() throws Exception {
    FedexStatus before = fedex.status();
    assertTrouble(Trouble.NO_CONSENT, this::push);
    assertNull(before.lastPush());
    assertNotNull(fedex.status().lastPush());
  }

  /** It once was stepped over in silence. */
  @Test
  public void a_head_that_was_stepped_over_is_told() throws Exception {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      assertEquals(Collections.emptyList(), recognizer.warnings());
    }
    Files.createDirectories(home().resolve("heads"));
    Files.write(home().resolve("heads/current"), new byte[] {'{'});
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      assertEquals(1, recognizer.warnings().size());
      assertTrue(recognizer.warnings().get(0).startsWith("pointer to the installed heads"));
      assertEquals(0, recognizer.headSerial());
    }
  }

  private double syncOnce(Stop stop) {
    return fedex.syncOnce(SyncPolicy.USUAL, stop);
  }

  private void assertRound(Trouble push, Trouble pull) throws Exception {
    double waitS = syncOnce(new Stop());
    assertTrue(waitS + " s", waitS >= 0 && waitS <= LONGEST_WAIT_S);
    FedexStatus status = fedex.status();
    assertEquals(push == null ? null : push.name(), status.lastPush().trouble());
    assertEquals(pull == null ? null : pull.name(), status.lastPull().trouble());
    assertTrue(Math.abs(System.currentTimeMillis() - status.lastPull().endedMs()) < 60_000);
  }

  @Test
  public void a_round_goes_on_whatever_is_missing_and_says_what() throws Exception {
    teach(1);
    join();
    service.close();
    assertRound(Trouble.TRY_LATER, Trouble.TRY_LATER);
    assertEquals(1, fedex.status().samples().waiting());
  }

  /** A job of a device of no group, or without consent, once said each hour that sending had failed. */
  @Test
  public void a_round_that_was_not_to_do_anything_says_nothing() throws Exception {
    teach(1);
    syncOnce(new Stop());
    assertNull(fedex.status().lastPush());
    assertNull(fedex.status().lastPull());
    fedex.enrol(service.invitation());
    syncOnce(new Stop());
    assertNull(fedex.status().lastPush());
    assertTrouble(Trouble.NO_CONSENT, this::push);
    assertEquals("who asks for it is told", Trouble.NO_CONSENT.name(), fedex.status().lastPush().trouble());
  }

  @Test
  public void a_round_at_a_service_without_a_release_pushes_and_is_content() throws Exception {
    join();
    teach(1);
    syncOnce(new Stop());
    assertNull(fedex.status().lastPush().trouble());
    assertEquals(1, fedex.status().samples().acknowledged());
  }

  @Test
  public void a_round_that_was_asked_to_end_is_soon_followed_by_another() throws Exception {
    join();
    teach(1);
    Stop stop = new Stop();
    stop.ask();
    assertEquals(1, syncOnce(stop), 0);
    assertEquals(0, service.count("PUT"));
    assertNull(fedex.status().lastPush());
    List<String> kept = Outside.rows(cache(), "SELECT count(*) FROM feedback");
    assertEquals(Collections.singletonList("1"), kept);
  }
}
