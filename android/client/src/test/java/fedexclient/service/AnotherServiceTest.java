package fedexclient.service;

import static fedexclient.service.Asking.answering;
import static fedexclient.service.Asking.refusing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.trust.ProtocolViolationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** At a new address, nothing is sent or believed before the service proved that it is the enrolled one. */
class AnotherServiceTest extends EnrolmentTestCase {
  private static final String PROOF = "POST /v1/devices/" + Asking.DEVICE + "/proof";
  private static final String JSON = "Content-Type: application/json";

  /** Another service, which happens to have a device of the same id. */
  private StubService other;
  private Identity identity;

  @BeforeEach
  void enrolled() throws Exception {
    other = new StubService();
    other.token = Asking.repeated("o", 43);
    identity = enrol().identity();
  }

  @AfterEach
  void stopOther() throws Exception {
    other.close();
  }

  @Test
  void the_same_service_proves_itself_once() throws Exception {
    int before = service.asked().size();
    try (Service client = connect().to(elsewhere(), identity)) {
      assertTrue(client.isKnown());
      assertTrue(client.isKnown());
    }
    List<String> asked = service.asked().subList(before, service.asked().size());
    assertEquals(3, asked.size());
    assertEquals(PROOF, asked.get(0));
  }

  @Test
  void at_the_address_of_its_enrolment_a_service_need_not_prove_itself() throws Exception {
    try (Service client = connect().to(service.url(), identity)) {
      assertTrue(client.isKnown());
    }
    assertTrue(service.asked().stream().noneMatch(PROOF::equals));
  }

  static Stream<Named<Asking.Call>> calls() {
    return Asking.calls().stream().filter(call -> !call.getName().equals("enrol"));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void whatever_is_asked_first_a_proof_is_asked_before(Asking.Call call) throws Exception {
    assertEquals("one that cannot prove that it knows its token", refusal(call));
    assertNothingSent(1);
  }

  @Test
  void a_service_that_does_not_know_the_device_is_another_one() throws Exception {
    other.device = Asking.repeated("e", 16);
    assertEquals("one that does not know this device", refusal(Service::isKnown));
    assertNothingSent(1);
  }

  @Test
  void a_service_of_a_version_without_proofs_is_told_so() throws Exception {
    other.faults.put("/v1/devices", refusing(404, "unknown-path", ""));
    assertTrue(refusal(Service::isKnown).startsWith("one that has no proofs at this path"));
  }

  private static RawServer.Answer lying(String body) {
    return answering("200 OK", JSON, body);
  }

  private static String proof(byte[] proof) {
    return "{\"proof\":\"" + Base64.getEncoder().encodeToString(proof) + "\"}";
  }

  static Stream<Named<RawServer.Answer>> lies() {
    return Stream.of(
        Named.of("says a constant", lying(proof(new byte[32]))),
        Named.of("says an empty proof", lying("{\"proof\":\"\"}")),
        Named.of("says a short proof", lying(proof(new byte[31]))),
        Named.of("says a long proof", lying(proof(new byte[33]))),
        Named.of("says no proof", lying("{}")),
        Named.of("says true", lying("{\"proof\":true}")),
        Named.of("says nothing", lying("")),
        Named.of("says too much", lying(proof(new byte[32]) + Asking.repeated(" ", 4096))),
        Named.of("has a page for everything", answering("200 OK", "Content-Type: text/html", "<h1>log in</h1>")),
        Named.of("creates", answering("201 Created", JSON, proof(new byte[32]))),
        Named.of("has no content", RawServer.saying("HTTP/1.1 204 None")),
        Named.of("has changed nothing", RawServer.saying("HTTP/1.1 304 Not Modified")),
        Named.of("redirects", answering("307 There", "Location: https://evil.example/", "")),
        Named.of("knows no tokens", refusing(401, "unauthenticated", "")),
        Named.of("finds it malformed", refusing(400, "malformed", "")),
        Named.of("finds it forbidden", refusing(403, "forbidden", "")),
        Named.of("finds it too large", refusing(413, "too-large", "")),
        Named.of("is a portal that lets nobody in", answering("511 Log in", "X: y", "<h1>511</h1>")),
        Named.of("is a web server without this page", answering("404 No", "X: y", "<h1>not found</h1>")),
        Named.of("is a web server that takes no POST", answering("501 No", "X: y", "<h1>501</h1>")));
  }

  @ParameterizedTest
  @MethodSource("lies")
  void a_service_that_lies_gets_nothing_and_its_answers_do_not_count(RawServer.Answer lie) throws Exception {
    other.token = identity.token();
    other.faults.put("/v1/devices", lie);
    refusal(service -> {
      service.upload(new byte[3], Asking.SPACE, Asking.UPLOAD);
      return 0;
    });
    assertThrows(AnotherServiceException.class, () -> enroller().enrol(other.url(), StubService.CODE, null));
    assertNothingSent(2);
  }

  /** Answers as if it knew: what it was asked with is a new number each time. */
  @Test
  void a_proof_that_was_heard_cannot_be_shown_again() throws Exception {
    List<String> nonces = new ArrayList<>();
    try (RawServer listening = new RawServer((connection, head) -> {
      String nonce = StubService.field(new String(RawServer.body(connection, head)), "nonce");
      nonces.add(nonce);
      String first = StubService.proofBy(identity.token(), identity.device(), nonces.get(0));
      answering("200 OK", JSON, "{\"proof\":\"" + first + "\"}").to(connection, head.replace("Content-Length", "X"));
    })) {
      try (HttpService client = client(listening.url())) {
        // The first is right, so that the question itself is asked, whose answer is nonsense then.
        assertThrows(ProtocolViolationException.class, client::isKnown);
      }
      for (int time = 0; time < 8; time++) {
        try (HttpService client = client(listening.url())) {
          assertThrows(AnotherServiceException.class, client::isKnown);
        }
      }
    }
    Set<String> different = new HashSet<>(nonces.subList(1, nonces.size()));
    assertEquals(nonces.size() - 1, different.size());
  }

  @ParameterizedTest
  @MethodSource("wrongKeys")
  void a_proof_by_anything_but_the_token_and_the_device_proves_nothing(String[] by) throws Exception {
    try (RawServer lying = new RawServer((connection, head) -> {
      String nonce = StubService.field(new String(RawServer.body(connection, head)), "nonce");
      String body = by.length == 0 ? "{\"proof\":\"" + nonce + "\"}"
          : "{\"proof\":\"" + StubService.proofBy(by[0], by[1], nonce) + "\"}";
      answering("200 OK", JSON, body).to(connection, head.replace("Content-Length", "X"));
    }); HttpService client = client(lying.url())) {
      assertThrows(AnotherServiceException.class, client::isKnown);
      assertEquals(1, lying.heads().size());
    }
  }

  static Stream<Named<String[]>> wrongKeys() {
    return Stream.of(
        Named.of("echoes the nonce", new String[0]),
        Named.of("by the device's id", new String[] {Asking.DEVICE, Asking.DEVICE}),
        Named.of("by another token", new String[] {Asking.repeated("o", 43), Asking.DEVICE}),
        Named.of("for another device", new String[] {Asking.TOKEN, Asking.repeated("e", 16)}));
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void a_new_address_that_cannot_prove_itself_now_is_asked_later(int status) throws Exception {
    other.faults.put("/v1/devices", answering(status + " No", "X: y", ""));
    try (HttpService client = client(other.url())) {
      assertThrows(TryLaterException.class, client::isKnown);
      other.faults.clear();
      other.token = identity.token();
      assertTrue(client.isKnown());
    }
  }

  static Stream<Integer> troubles() {
    return Stream.of(503, 429, 500);
  }

  @Test
  void an_identity_may_be_given_up_for_another_service_all_the_same() throws Exception {
    other.device = Asking.repeated("e", 16);
    Identity after = enroller().enrolAgain(other.url(), StubService.CODE, null).identity();
    assertEquals(Arrays.asList(other.device, other.token), Arrays.asList(after.device(), after.token()));
    assertEquals(Set.of(""), other.tokens);
  }

  private HttpService client(String url) throws Exception {
    return HttpService.of(identity, url, Platform.ANDROID.transport(), new Stop());
  }

  /** Why the other one is not the service that the device enrolled with. */
  private String refusal(Asking.Call call) throws Exception {
    try (HttpService client = client(other.url())) {
      String message = assertThrows(AnotherServiceException.class, () -> call.of(client)).getMessage();
      String expected = other.url() + ": expected the service that this device enrolled with, got ";
      assertTrue(message.startsWith(expected), message);
      return message.substring(expected.length());
    }
  }

  private void assertNothingSent(int proofs) throws Exception {
    assertEquals(Collections.nCopies(proofs, PROOF), other.asked());
    assertEquals(Set.of(""), other.tokens);
    assertEquals(identity, store().require());
  }
}
