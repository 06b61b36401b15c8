package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Envelope;
import fedexclient.contract.PublicKey;
import fedexclient.trust.KeyRefusedException;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.Signer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device follows the keys of its service from the one that it pinned, and goes neither back nor astray. */
class EnrolmentKeysTest extends EnrolmentTestCase {
  private static final String NO_KEY = Asking.repeated("0", 32);

  @Test
  void a_service_without_the_key_of_the_fingerprint_is_sent_nothing() throws Exception {
    String message = assertThrows(KeyRefusedException.class, () -> enrol(NO_KEY)).getMessage();
    assertTrue(message.contains("expected the key 0000-0000-"), message);
    assertEquals(List.of("GET /v1/keys"), service.asked());
    assertEquals(Set.of(""), service.tokens);
    assertNull(store().find());
  }

  /** A code that was printed before a rotation is still good. */
  @Test
  void a_fingerprint_of_the_key_or_of_one_before_it_lets_a_device_in() throws Exception {
    PublicKey first = service.key.key();
    service.rotate();
    service.rotate();
    Identity identity = enrol(first.fingerprint()).identity();
    assertEquals(service.key.key(), identity.key());
    assertEquals(first, identity.firstKey());
    assertEquals(identity, enrol(service.key.key().fingerprint()).identity());
    assertThrows(KeyRefusedException.class, () -> enrol(NO_KEY));
  }

  /** The keys are public: whoever stands in between can show them, and then answers its own. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void a_service_that_answers_another_key_than_it_told_is_not_pinned(int rotations) throws Exception {
    for (int rotation = 0; rotation < rotations; rotation++) {
      service.rotate();
    }
    String digits = service.key.key().fingerprint();
    service.show(service.keys());
    service.key = StubService.signer();
    assertThrows(KeyRefusedException.class, () -> enrol(digits));
    assertThrows(KeyRefusedException.class, this::enrol);
    assertNull(store().find());
  }

  @Test
  void a_key_before_that_of_the_fingerprint_is_not_pinned() throws Exception {
    Signer stolen = service.key;
    service.rotate();
    String digits = service.key.key().fingerprint();
    service.key = stolen;
    assertThrows(KeyRefusedException.class, () -> enrol(digits));
    assertNull(store().find());
  }

  @Test
  void keys_that_are_not_signed_by_the_one_before_are_refused() throws Exception {
    Signer thief = StubService.signer();
    service.show(StubService.chain(service.key.key(), List.of(StubService.link(service.key, thief, thief))));
    assertThrows(KeyRefusedException.class, this::enrol);
    assertEquals(0, service.enrolments());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "", "[]", "<h1>log in</h1>"})
  void what_is_no_chain_of_keys_is_refused(String keys) throws Exception {
    service.show(keys.getBytes());
    assertThrows(ProtocolViolationException.class, this::enrol);
    assertEquals(0, service.enrolments());
  }

  @Test
  void a_device_whose_token_counts_no_more_is_let_in_after_a_rotation_and_sends_no_code_to_a_fork() throws Exception {
    Identity before = enrol().identity();
    byte[] first = service.keys();
    letTokenExpire();
    service.rotate();
    service.show(StubService.chain(StubService.signer().key(), List.of()));
    assertThrows(EnrolmentException.class, this::enrol);
    assertEquals(1, service.enrolments());
    service.faults.clear();
    Identity after = enrol().identity();
    assertEquals(before.withKey(service.key.key()).withToken(service.token, NOW), after);
    service.show(first); // of before the rotation
    service.token = Asking.repeated("v", 43);
    assertThrows(EnrolmentException.class, this::enrol);
    assertEquals(after, store().require());
  }

  /** A service gives out the key before its newest one while it signs anew what stands; a thief might, too. */
  @Test
  void a_device_that_enrols_again_keeps_the_later_key() throws Exception {
    Identity before = enrol().identity();
    Signer first = service.key;
    service.rotate();
    PublicKey newest = service.key.key();
    store().keep(before.withKey(newest));
    service.key = first;
    letTokenExpire();
    assertEquals(newest, enrol().identity().key());
    assertEquals(newest, enrolAgain().identity().key());
    service.token = Asking.repeated("v", 43);
    assertEquals(newest, enrol(newest.fingerprint()).identity().key());
  }

  /** The one before was stolen, so its operator told everybody; `enrol` said that all was well, and kept it. */
  @Test
  void a_later_key_whose_fingerprint_is_given_is_pinned_while_the_token_counts() throws Exception {
    Identity before = enrol().identity();
    service.rotate();
    service.rotate();
    Identity after = enrol(service.key.key().fingerprint()).identity();
    assertEquals(before.withKey(service.key.key()), after);
    assertEquals(after, store().require());
    assertEquals(after, enrol(before.key().fingerprint()).identity());
    assertEquals(1, service.enrolments());
  }

  @Test
  void a_key_to_which_the_pinned_one_does_not_lead_is_not_pinned_for_its_fingerprint() throws Exception {
    Identity before = enrol().identity();
    Signer other = StubService.signer();
    service.show(StubService.chain(other.key(), List.of()));
    assertThrows(EnrolmentException.class, () -> enrol(other.key().fingerprint()));
    assertEquals(before, store().require());
  }

  // Releases

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void one_request_leads_to_the_key_of_a_release_after_any_number_of_rotations(int rotations) throws Exception {
    Identity before = enrol().identity();
    for (int rotation = 0; rotation < rotations; rotation++) {
      service.rotate();
    }
    long asked = service.asked().size();
    assertEquals(service.key.key(), follow(service.key));
    assertEquals(before.withKey(service.key.key()), store().require());
    assertEquals(asked + 1, service.asked().size());
  }

  @Test
  void a_key_of_which_nothing_was_seen_is_not_taken() throws Exception {
    Identity before = enrol().identity();
    Signer first = service.key;
    service.rotate();
    Signer second = service.key;
    service.rotate();
    assertEquals(before.key(), follow(first));
    assertEquals(before, store().require());
    assertEquals(second.key(), follow(second));
    assertEquals(second.key(), follow(StubService.signer()));
    assertEquals(before.withKey(second.key()), store().require());
  }

  @Test
  void neither_a_fork_nor_an_older_chain_nor_one_that_begins_elsewhere_leads_anywhere() throws Exception {
    enrol();
    Signer first = service.key;
    byte[] older = service.keys();
    service.rotate();
    follow(service.key);
    Identity before = store().require();
    Signer thief = StubService.signer();
    Signer ancestor = StubService.signer();
    for (byte[] chain : List.of(
        StubService.chain(first.key(), List.of(StubService.link(first, thief))),
        older,
        StubService.chain(ancestor.key(), List.of(StubService.link(ancestor, first),
            StubService.link(first, service.key), StubService.link(service.key, thief))))) {
      service.show(chain);
      assertThrows(KeyRefusedException.class, () -> follow(thief));
      assertEquals(before, store().require());
    }
  }

  private PublicKey follow(Signer signer) throws Exception {
    Identity identity = store().require();
    byte[] release = signer.seal("application/x", "payload".getBytes());
    try (Service client = connect().to(service.url(), identity)) {
      return new KeyFollower(store(), client, new Stop()).follow(Envelope.parse(release, Envelope.MAX_BYTES));
    }
  }
}
