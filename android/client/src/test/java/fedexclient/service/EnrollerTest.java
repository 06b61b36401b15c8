package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Problem;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnrollerTest extends EnrolmentTestCase {
  @Test
  void enrolling_pins_the_key_and_keeps_the_identity() throws Exception {
    Enrolment done = enrol();
    Identity identity = done.identity();
    assertTrue(done.isNew() && done.hasNewToken());
    assertEquals(service.key.key(), identity.key());
    assertEquals(service.key.key(), identity.firstKey());
    assertEquals("family@" + service.key.key().id(), identity.origin());
    assertEquals(NOW, identity.tokenSince());
    assertEquals(identity, store().require());
    assertEquals(Set.of(""), service.tokens);
    assertFalse(Files.exists(home().resolve("enrolling.json")));
  }

  @Test
  void enrolling_with_the_same_service_again_keeps_the_device() throws Exception {
    Identity first = enrol().identity();
    Enrolment again = enrol();
    assertEquals(first, again.identity());
    assertFalse(again.isNew() || again.hasNewToken());
    assertEquals(1, service.enrolments());
  }

  /** An invitation has room for one that the identity's file, once written, could not be read with. */
  @Test
  void an_address_that_is_too_long_to_be_kept_is_refused_before_anything_is_sent() throws Exception {
    String longest = service.url() + "/" + Asking.repeated("x", 1_023 - service.url().length());
    SettingException refused = assertThrows(
        SettingException.class, () -> enroller().enrol(longest + "x", StubService.CODE, null));
    assertEquals("address: expected at most 1024 characters, got 1025", refused.getMessage());
    assertEquals(List.of(), service.asked());
    assertNull(store().find());
    store().keep(Asking.identity(longest));
    assertEquals(longest, store().require().url());
  }

  @Test
  void a_wrong_code_changes_nothing() throws Exception {
    Identity before = enrol().identity();
    RefusedException refused = assertThrows(
        RefusedException.class, () -> enroller().enrolAgain(service.url(), "wrong", null));
    assertEquals(Problem.FORBIDDEN, refused.problem());
    assertEquals(before, store().require());
  }

  /** Each asked the service before any had kept its answer: devices that nobody was, and the last writer won. */
  @Test
  void of_enrolments_at_once_one_makes_the_device_and_the_others_find_it() throws Exception {
    CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
    for (int number = 0; number < threads.length; number++) {
      threads[number] = CompletableFuture.supplyAsync(this::enrolled);
    }
    CompletableFuture.allOf(threads).get(30, TimeUnit.SECONDS);
    long made = Arrays.stream(threads).filter(one -> ((Enrolment) one.join()).isNew()).count();
    assertEquals(1, made);
    assertEquals(1, service.enrolments());
  }

  private Enrolment enrolled() {
    try {
      return enrol();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  /** Each try made another device at the service, and kept none. */
  @Test
  void a_home_that_cannot_be_written_is_found_out_before_the_service_makes_a_device() {
    IdentityStore nowhere = new IdentityStore(Path.of("/proc/fedex"), new AesVault(1));
    Enroller broken = new Enroller(nowhere, heads(), connect(), new Stop(), identity -> false, () -> NOW);
    assertThrows(StorageException.class, () -> broken.enrol(service.url(), StubService.CODE, null));
    assertEquals(List.of(), service.asked());
  }

  @Test
  void a_device_whose_token_no_longer_counts_shows_that_it_is_the_same_one() throws Exception {
    Identity first = enrol().identity();
    heads().install();
    letTokenExpire();
    Enrolment done = enrol();
    assertEquals(first.withToken(service.token, NOW), done.identity());
    assertTrue(done.hasNewToken() && !done.isNew());
    assertEquals(1, service.deviceOf.size());
    assertTrue(heads().areThere() && heads().haveTags());
  }

  @ParameterizedTest
  @ValueSource(strings = {"503 unavailable", "403 forbidden", "404 unknown-space"})
  void while_nobody_says_whether_the_token_counts_the_identity_stays(String problem) throws Exception {
    Identity first = enrol().identity();
    service.faults.put("/v1/objects",
        Asking.refusing(Integer.parseInt(problem.substring(0, 3)), problem.substring(4), ""));
    assertThrows(ServiceException.class, this::enrol);
    assertEquals(first, store().require());
    assertEquals(1, service.enrolments());
  }

  @Test
  void an_identity_is_not_given_up_while_its_uploads_can_be_sent() throws Exception {
    Identity first = enrol().identity();
    hasUnsent = true;
    String message = assertThrows(UnsentUploadsException.class, this::enrolAgain).getMessage();
    assertEquals("device " + first.device() + ": expected no sealed uploads on their way, got some", message);
    assertEquals(first, store().require());
    assertEquals(1, service.enrolments());
    hasUnsent = false;
    forgetDevice();
    assertEquals(service.device, enrolAgain().identity().device());
  }

  @Test
  void an_identity_whose_uploads_cannot_be_sent_may_be_given_up() throws Exception {
    enrol();
    hasUnsent = true;
    forgetDevice();
    assertEquals(service.device, enrolAgain().identity().device());
  }

  @Test
  void an_identity_whose_service_is_gone_may_be_given_up() throws Exception {
    Identity first = enrol().identity();
    store().keep(first.at("http://127.0.0.1:9"));
    hasUnsent = true;
    forgetDevice();
    assertEquals(service.device, enrolAgain().identity().device());
  }

  @Test
  void who_wants_no_more_while_that_is_asked_gives_nothing_up() throws Exception {
    Identity first = enrol().identity();
    hasUnsent = true;
    Stop stop = new Stop();
    stop.ask();
    Enroller stopped = new Enroller(
        store(), heads(), Connect.byHttp(Transport.standard(), stop), stop, identity -> hasUnsent, () -> NOW);
    assertThrows(StoppedException.class, () -> stopped.enrolAgain(service.url(), StubService.CODE, null));
    assertEquals(first, store().require());
  }

  @Test
  void who_wants_no_more_while_another_enrols_leaves() throws Exception {
    Identity first = enrol().identity();
    Stop stop = new Stop();
    Enroller waiting = new Enroller(store(), heads(), connect(), stop, identity -> false, () -> NOW);
    ExclusiveLock.Held held = store().hold(new Stop());
    CompletableFuture<?> left = CompletableFuture.runAsync(() -> assertThrows(
        StoppedException.class, () -> waiting.enrolAgain(service.url(), StubService.CODE, null)));
    stop.ask();
    left.get(30, TimeUnit.SECONDS);
    held.close();
    assertEquals(first, store().require());
    assertEquals(1, service.enrolments());
  }

  /** The head was installed after the enrolment had forgotten all heads, and served among strangers. */
  @Test
  void while_a_head_is_installed_for_who_a_device_was_it_becomes_nobody_else() throws Exception {
    Identity first = enrol().identity();
    heads().install();
    forgetDevice();
    KeptHeads pulling = heads();
    pulling.areBeingInstalled = true;
    Enroller enroller = new Enroller(store(), pulling, connect(), new Stop(), identity -> false, () -> NOW);
    assertThrows(TryLaterException.class, () -> enroller.enrolAgain(service.url(), StubService.CODE, null));
    assertEquals(first, store().require());
    assertEquals(1, service.enrolments()); // the code is not used up
    store().keep(first.forgettingHeads(true));
    assertTrue(enroller.settledIdentity().mustForgetHeads());
    assertTrue(heads().areThere());
    pulling.areBeingInstalled = false;
    assertFalse(enroller.settledIdentity().mustForgetHeads());
    assertFalse(heads().areThere());
    assertEquals(service.device, enrolAgain().identity().device());
  }

  @Test
  void a_garbled_identity_can_be_given_up_and_is_not_given_up_unasked() throws Exception {
    Files.createDirectories(home());
    Files.writeString(home().resolve("identity.json"), "garbage");
    assertThrows(DamagedIdentityException.class, this::enrol);
    assertEquals(List.of(), service.asked());
    assertEquals(enrolAgain().identity(), store().require());
  }

  @Test
  void a_copy_on_another_phone_is_found_out_and_becomes_a_device_of_its_own() throws Exception {
    Identity first = enrol().identity();
    heads().install();
    IdentityStore copied = new IdentityStore(home(), new AesVault(2));
    Enroller copy = new Enroller(copied, heads(), connect(), new Stop(), identity -> true, () -> NOW);
    assertThrows(CopiedIdentityException.class, copied::require);
    assertThrows(CopiedIdentityException.class, () -> copy.enrol(service.url(), StubService.CODE, null));
    service.device = Asking.repeated("e", 16);
    Identity second = copy.enrolAgain(service.url(), StubService.CODE, null).identity();
    assertEquals(service.device, second.device());
    assertFalse(Arrays.equals(first.secret(), second.secret()));
    assertFalse(heads().areThere());
  }

  @Test
  void enrolling_again_at_the_same_service_keeps_the_device_and_its_heads() throws Exception {
    Identity first = enrol().identity();
    heads().install();
    letTokenExpire();
    Enrolment again = enrolAgain();
    assertEquals(first.device(), again.identity().device());
    assertArrayEquals(first.secret(), again.identity().secret());
    assertTrue(again.hasNewToken() && !again.isNew());
    assertTrue(heads().areThere() && heads().haveTags());
  }

  @Test
  void a_device_that_has_another_id_asks_again_for_what_was_for_others() throws Exception {
    enrol();
    heads().install();
    service.device = Asking.repeated("e", 16);
    service.deviceOf.clear();
    letTokenExpire();
    assertTrue(enrolAgain().isNew());
    assertTrue(heads().areThere());
    assertFalse(heads().haveTags());
  }

  @Test
  void another_services_key_is_seen_before_the_code_is_sent() throws Exception {
    Identity before = enrol().identity();
    heads().install();
    forgetDevice();
    service.show(StubService.chain(StubService.signer().key(), List.of()));
    String message = assertThrows(EnrolmentException.class, this::enrol).getMessage();
    assertTrue(message.contains("expected the pinned service (key " + before.key().id()), message);
    assertEquals(before, store().require());
    assertEquals(1, service.enrolments());
  }

  @Test
  void another_group_is_refused_unless_again() throws Exception {
    Identity before = enrol().identity();
    heads().install();
    letTokenExpire();
    service.group = "strangers";
    assertThrows(EnrolmentException.class, this::enrol);
    assertEquals(before, store().require());
    assertTrue(heads().areThere());
    Identity after = enrolAgain().identity();
    assertNotEquals(before.origin(), after.origin());
    assertEquals(after, store().require());
    assertFalse(heads().areThere());
  }

  @Test
  void heads_that_a_killed_enrolment_left_are_forgotten_before_anything_is_pulled() throws Exception {
    Identity identity = enrol().identity();
    heads().install();
    store().keep(identity.forgettingHeads(true));
    assertEquals(identity, enroller().settledIdentity());
    assertFalse(heads().areThere());
    assertEquals(identity, store().require());
    heads().install();
    assertEquals(identity, enroller().settledIdentity());
    assertTrue(heads().areThere());
  }

  @Test
  void a_new_address_is_kept_when_the_service_there_is_the_same_one() throws Exception {
    Identity before = enrol().identity();
    Enrolment done = enroller().enrol(elsewhere(), StubService.CODE, null);
    assertEquals(before.at(elsewhere()), done.identity());
    assertEquals(done.identity(), store().require());
    assertFalse(done.isNew() || done.hasNewToken());
    assertEquals(1, service.enrolments());
  }

  @Test
  void at_a_new_address_the_secret_of_the_old_one_is_not_shown_again() throws Exception {
    Identity before = enrol().identity();
    service.device = Asking.repeated("e", 16);
    Identity after = enroller().enrolAgain(elsewhere(), StubService.CODE, null).identity();
    assertFalse(Arrays.equals(before.secret(), after.secret()));
    assertEquals(service.device, after.device());
  }

  @Test
  void an_address_that_nothing_may_be_sent_to_is_a_typed_error() throws Exception {
    for (String url : List.of("http://fedex.example.org", "ftp://127.0.0.1", "nonsense", "https://", "https://a b",
        "https://fedex.example.org/?x=1", "http://me@127.0.0.1", "https://fedex.example.org:99999")) {
      assertThrows(SettingException.class, () -> enroller().enrol(url, StubService.CODE, null), url);
    }
    assertNull(store().find());
  }
}
