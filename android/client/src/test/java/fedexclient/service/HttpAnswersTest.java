package fedexclient.service;

import static fedexclient.service.Asking.ENVELOPE;
import static fedexclient.service.Asking.JSON;
import static fedexclient.service.Asking.PROBLEM;
import static fedexclient.service.Asking.SPACE;
import static fedexclient.service.Asking.TOKEN;
import static fedexclient.service.Asking.UPLOAD;
import static fedexclient.service.Asking.answering;
import static fedexclient.service.Asking.refusing;
import static fedexclient.service.Asking.release;
import static fedexclient.service.Asking.repeated;
import static fedexclient.service.Asking.service;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Channel;
import fedexclient.contract.Problem;
import fedexclient.trust.ProtocolViolationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that are busy, broken, or outside the contract; on the JDK's connections and on Android's. */
@Timeout(60)
class HttpAnswersTest {
  private static final String OK = "Content-Type: " + ENVELOPE;
  private static final Pattern NAMED = Pattern.compile("\\(request ([^)]*)\\)");

  @ParameterizedTest
  @EnumSource
  void a_request_says_who_asks_what_it_reads_and_takes_it_as_it_is(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("200 OK", OK, "{}"));
        HttpService service = service(platform, server)) {
      assertArrayEquals("{}".getBytes(), release(service));
      String head = server.heads().get(0);
      assertTrue(head.startsWith("GET /v1/spaces/" + SPACE + "/releases/best HTTP/1.1\r\n"), head);
      assertEquals("Bearer " + TOKEN, RawServer.header(head, "Authorization"));
      assertEquals("identity", RawServer.header(head, "Accept-Encoding"));
      assertEquals("fedex-android", RawServer.header(head, "User-Agent"));
      assertEquals("manifest=1, spaces=1", RawServer.header(head, "Fedex-Formats"));
      assertTrue(RawServer.header(head, "X-Request-Id").matches("[0-9a-f]{16}"), head);
      assertEquals("", RawServer.header(head, "If-None-Match"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void each_request_has_a_name_of_its_own(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("200 OK", OK, "{}"));
        HttpService service = service(platform, server)) {
      release(service);
      release(service);
      assertNotEquals(RawServer.header(server.heads().get(0), "X-Request-Id"),
          RawServer.header(server.heads().get(1), "X-Request-Id"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_release_is_asked_for_by_its_tag(Platform platform) throws Exception {
    RawServer.Answer answer = (connection, head) -> {
      boolean isKnown = RawServer.header(head, "If-None-Match").equals("\"one\"");
      RawServer.say(connection, isKnown ? "HTTP/1.1 304 Not Modified" : "HTTP/1.1 200 OK\n" + OK
          + "\nETag: \"one\"\nContent-Length: 2", isKnown ? new byte[0] : "{}".getBytes());
    };
    try (RawServer server = new RawServer(answer); HttpService service = service(platform, server)) {
      SignedAnswer first = service.release(SPACE, Channel.BEST, "");
      assertEquals("\"one\"", first.etag());
      assertNull(first.date());
      assertNull(service.release(SPACE, Channel.BEST, first.etag()));
      assertNotNull(service.spaces("\"another\""));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_tag_that_is_too_long_is_not_kept(Platform platform) throws Exception {
    String tag = "ETag: \"" + repeated("x", 300) + "\"";
    try (RawServer server = new RawServer(answering("200 OK", OK + "\n" + tag, "{}"));
        HttpService service = service(platform, server)) {
      assertEquals("", service.spaces("").etag());
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_object_is_continued_where_it_stopped(Platform platform) throws Exception {
    byte[] data = Asking.bytes(100);
    RawServer.Answer answer = (connection, head) -> {
      assertEquals("bytes=60-", RawServer.header(head, "Range"));
      RawServer.say(connection, "HTTP/1.1 206 Partial\nContent-Range: bytes 60-99/100\nContent-Length: 40",
          Arrays.copyOfRange(data, 60, 100));
    };
    try (RawServer server = new RawServer(answer); HttpService service = service(platform, server)) {
      ObjectStream stream = service.object(Asking.object(100), 60);
      assertEquals(60, stream.begin());
      assertArrayEquals(Arrays.copyOfRange(data, 60, 100), Asking.all(stream));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_server_that_ignores_ranges_begins_anew(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("200 OK", "X: y", Asking.bytes(100)));
        HttpService service = service(platform, server)) {
      ObjectStream stream = service.object(Asking.object(100), 60);
      assertEquals(0, stream.begin());
      assertEquals(100, Asking.all(stream).length);
    }
  }

  static Stream<Arguments> ranges() {
    return Asking.onEach(List.of("bytes 0-99/100", "bytes 60-99/101", "bytes 61-99/100", "nonsense", ""));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void another_range_than_the_one_asked_for_is_refused(Platform platform, String range) throws Exception {
    String header = range.isEmpty() ? "X: y" : "Content-Range: " + range;
    try (RawServer server = new RawServer(answering("206 Partial", header, new byte[40]));
        HttpService service = service(platform, server)) {
      assertThrows(ProtocolViolationException.class, () -> service.object(Asking.object(100), 60));
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_object_larger_than_it_may_be_is_refused(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("200 OK", "X: y", new byte[1000]));
        HttpService service = service(platform, server)) {
      ObjectStream stream = service.object(Asking.object(100), 0);
      assertThrows(ProtocolViolationException.class, () -> Asking.all(stream));
    }
  }

  static Stream<Arguments> busy() {
    return Asking.onEach(List.of("429 too-many-requests", "503 unavailable"));
  }

  @ParameterizedTest
  @MethodSource("busy")
  void a_busy_service_is_asked_again_when_it_says(Platform platform, String busy) throws Exception {
    int status = Integer.parseInt(busy.substring(0, 3));
    try (RawServer server = new RawServer(refusing(status, busy.substring(4), "\nRetry-After: 17"));
        HttpService service = service(platform, server)) {
      TryLaterException later = assertThrows(TryLaterException.class, () -> release(service));
      assertEquals(17, later.retryAfterS());
      assertTrue(later.getMessage().contains(status + " here: expected this, got that"), later.getMessage());
    }
  }

  static Stream<Arguments> trouble() {
    return Asking.onEach(List.of(500, 502, 504, 408, 429, 503));
  }

  @ParameterizedTest
  @MethodSource("trouble")
  void trouble_of_the_service_is_tried_later(Platform platform, int status) throws Exception {
    try (RawServer server = new RawServer(answering(status + " oops", "X: y", "oops"));
        HttpService service = service(platform, server)) {
      TryLaterException later = assertThrows(TryLaterException.class, () -> release(service));
      assertNull(later.retryAfterS());
      assertTrue(later.getMessage().contains(status + " without a reason of FEDEx"), later.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_was_damaged_on_its_way_is_tried_later(Platform platform) throws Exception {
    try (RawServer server = new RawServer(refusing(422, "wrong-hash", ""));
        HttpService service = service(platform, server)) {
      assertEquals(TryLaterException.class,
          assertThrows(TryLaterException.class, () -> service.upload(new byte[3], SPACE, UPLOAD)).getClass());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_refusal_keeps_its_problem_and_tells_the_name_that_the_request_had(Platform platform) throws Exception {
    try (RawServer server = new RawServer(refusing(422, "wrong-space", ""));
        HttpService service = service(platform, server)) {
      RefusedException refused =
          assertThrows(RefusedException.class, () -> service.upload(new byte[3], SPACE, UPLOAD));
      assertEquals(Problem.WRONG_SPACE, refused.problem());
      assertTrue(refused.getMessage().contains("422 here: expected this, got that"), refused.getMessage());
      assertEquals(List.of(RawServer.header(server.heads().get(0), "X-Request-Id")), named(refused));
    }
  }

  @ParameterizedTest
  @EnumSource
  void samples_at_fault_are_told(Platform platform) throws Exception {
    String body = "{\"type\":\"urn:fedex:problem:impossible\",\"samples\":[0,3]}";
    try (RawServer server = new RawServer(answering("422 No", "Content-Type: " + PROBLEM, body));
        HttpService service = service(platform, server)) {
      RefusedException refused = assertThrows(RefusedException.class, () -> service.upload(new byte[3], SPACE, UPLOAD));
      assertEquals(List.of(0, 3), refused.samples());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_token_that_counts_no_more_is_told_as_that_whatever_was_asked(Platform platform) throws Exception {
    String challenge = "\nWWW-Authenticate: Bearer";
    try (RawServer server = new RawServer(refusing(401, "unauthenticated", challenge));
        HttpService service = service(platform, server)) {
      for (Asking.Call call : List.<Asking.Call>of(
          one -> release(one), Service::newToken, Service::eraseSamples, one -> {
            one.upload(new byte[3], SPACE, UPLOAD);
            return 0;
          })) {
        RefusedException refused = assertThrows(RefusedException.class, () -> call.of(service));
        assertEquals(Problem.UNAUTHENTICATED, refused.problem());
      }
      assertFalse(service.isKnown());
    }
  }

  static Stream<Arguments> proxyNames() {
    return Asking.onEach(List.of("by-a-proxy.1", "two words", repeated("x", 65), ""));
  }

  @ParameterizedTest
  @MethodSource("proxyNames")
  void the_name_that_a_proxy_gave_is_told_if_it_is_one(Platform platform, String name) throws Exception {
    try (RawServer server = new RawServer(refusing(503, "unavailable", "\nX-Request-Id: " + name));
        HttpService service = service(platform, server)) {
      TryLaterException later = assertThrows(TryLaterException.class, () -> release(service));
      String asked = RawServer.header(server.heads().get(0), "X-Request-Id");
      assertEquals(List.of(name.equals("by-a-proxy.1") ? name : asked), named(later));
    }
  }

  private static List<String> named(Exception error) {
    List<String> names = new ArrayList<>();
    Matcher match = NAMED.matcher(error.getMessage());
    while (match.find()) {
      names.add(match.group(1));
    }
    return names;
  }

  static Stream<Arguments> unexplained() {
    String impossible = "{\"type\":\"urn:fedex:problem:impossible\",\"where\":\"here\"}";
    List<Named<String[]>> bodies = List.of(
        Named.of("page", new String[] {"text/html", "<h1>no</h1>"}),
        Named.of("empty", new String[] {PROBLEM, ""}),
        Named.of("nothing", new String[] {PROBLEM, "{}"}),
        Named.of("another's",
            new String[] {PROBLEM, impossible.replace("urn:fedex:problem:", "https://example.org/")}),
        Named.of("of another status", new String[] {PROBLEM, impossible.replace("impossible", "unavailable")}),
        Named.of("JSON", new String[] {JSON, impossible}),
        Named.of("too long", new String[] {PROBLEM, impossible + repeated(" ", 70_000)}));
    List<Integer> statuses = List.of(400, 401, 403, 404, 409, 413, 422, 451);
    return Asking.onEach(bodies).flatMap(one -> statuses.stream().map(
        status -> Arguments.of(one.get()[0], one.get()[1], status)));
  }

  /** One bare 422 set samples aside for good; one bare 401 made another device. */
  @ParameterizedTest
  @MethodSource("unexplained")
  void a_refusal_without_a_problem_document_of_the_contract_is_not_the_services(
      Platform platform, String[] body, int status) throws Exception {
    try (RawServer server = new RawServer(answering(status + " No", "Content-Type: " + body[0], body[1]));
        HttpService service = service(platform, server)) {
      for (Asking.Call call : List.<Asking.Call>of(
          one -> release(one), Service::isKnown, one -> {
            one.upload(new byte[3], SPACE, UPLOAD);
            return 0;
          })) {
        UnexplainedException refused = assertThrows(UnexplainedException.class, () -> call.of(service));
        assertEquals(status, refused.status());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_a_stranger_writes_cannot_control_a_terminal(Platform platform) throws Exception {
    String body = "{\"type\":\"urn:fedex:problem:impossible\",\"where\":\"\\u001b[2J\\n\",\"expected\":\"\",\"got\":\""
        + repeated("x", 900) + "\"}";
    try (RawServer server = new RawServer(answering("422 No", "Content-Type: " + PROBLEM, body));
        HttpService service = service(platform, server)) {
      String message = assertThrows(RefusedException.class, () -> release(service)).getMessage();
      assertTrue(message.chars().allMatch(one -> one >= ' ' && one <= '~'), message);
      assertTrue(message.length() < 500, message);
    }
  }

  static Stream<Arguments> violations() {
    return Asking.onEach(List.of(
        Named.of("page", answering("200 OK", "Content-Type: text/html", "{}")),
        Named.of("204", RawServer.saying("HTTP/1.1 204 None")),
        Named.of("a tag that nobody sent", RawServer.saying("HTTP/1.1 304 Not Modified")),
        Named.of("gzip", answering("200 OK", OK + "\nContent-Encoding: gzip", "x")),
        Named.of("two kinds", answering("200 OK", OK + "\nContent-Type: text/html", "{}")),
        Named.of("as long as it likes", answering("200 OK", OK, new byte[(4 << 20) + 1])),
        Named.of("511", answering("511 Log in", "Content-Type: text/html", "<h1>log in</h1>"))));
  }

  @ParameterizedTest
  @MethodSource("violations")
  void an_answer_outside_the_contract_is_refused(Platform platform, RawServer.Answer answer) throws Exception {
    try (RawServer server = new RawServer(answer); HttpService service = service(platform, server)) {
      assertThrows(ProtocolViolationException.class, () -> release(service));
    }
  }

  static Stream<Arguments> acknowledgements() {
    String right = new String(Asking.RIGHT);
    String json = "Content-Type: " + JSON;
    return Asking.onEach(List.of(
        Named.of("page", answering("200 OK", "Content-Type: text/html", "<h1>Welcome, please log in</h1>")),
        Named.of("empty", answering("201 Created", "X: y", "")),
        Named.of("empty JSON", answering("200 OK", json, "")),
        Named.of("nothing", answering("200 OK", json, "{}")),
        Named.of("another type", answering("201 Created", json, "{\"upload\":true}")),
        Named.of("another id", answering("201 Created", json, right.replace('b', 'c'))),
        Named.of("html", answering("200 OK", "Content-Type: text/html", right)),
        Named.of("long", answering("200 OK", json, right + repeated(" ", 5_000))),
        Named.of("twice", answering("200 OK", json, right + right)),
        Named.of("accepted", answering("202 Accepted", json, right)),
        Named.of("no content", RawServer.saying("HTTP/1.1 204 None")),
        Named.of("304", RawServer.saying("HTTP/1.1 304 Not Modified"))));
  }

  /** Any 200 did once, a portal's or a proxy's too; and the samples were never sent again. */
  @ParameterizedTest
  @MethodSource("acknowledgements")
  void only_an_answer_that_names_the_upload_acknowledges_it(Platform platform, RawServer.Answer answer)
      throws Exception {
    try (RawServer server = new RawServer(answer); HttpService service = service(platform, server)) {
      assertThrows(ProtocolViolationException.class, () -> service.upload(new byte[3], SPACE, UPLOAD));
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_acknowledgement_may_say_more_in_any_case_of_its_type(Platform platform) throws Exception {
    String answer = "{\"later\": 1, \"upload\": \"" + UPLOAD + "\"}";
    try (RawServer server = new RawServer(answering("200 OK", "CONTENT-type: Application/JSON; charset=utf-8", answer));
        HttpService service = service(platform, server)) {
      service.upload(new byte[3], SPACE, UPLOAD);
      assertEquals(List.of("PUT /v1/spaces/" + SPACE + "/uploads/" + UPLOAD), server.asked());
    }
  }

  static Stream<Arguments> redirects() {
    List<Integer> statuses = List.of(300, 301, 302, 303, 305, 307, 308, 399);
    return Asking.onEach(Asking.calls()).flatMap(one -> statuses.stream().map(
        status -> Arguments.of(one.get()[0], one.get()[1], status)));
  }

  /** Not one to the same service either: whoever follows one sends its token where another program says. */
  @ParameterizedTest
  @MethodSource("redirects")
  void no_redirect_is_followed_by_any_call(Platform platform, Asking.Call call, int status) throws Exception {
    try (RawServer elsewhere = new RawServer(answering("200 OK", "X: y", ""))) {
      String location = "Location: " + elsewhere.url() + "/v1/devices";
      try (RawServer server = new RawServer(answering(status + " Moved", location, ""));
          HttpService service = service(platform, server)) {
        String message = assertThrows(RedirectedException.class, () -> call.of(service)).getMessage();
        assertTrue(message.contains("got " + status + ", a redirect to http"), message);
      }
      assertEquals(List.of(), elsewhere.heads());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_redirect_to_nowhere_is_one_too(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("302 Found", "X: y", ""));
        HttpService service = service(platform, server)) {
      String message = assertThrows(RedirectedException.class, () -> release(service)).getMessage();
      assertTrue(message.endsWith("a redirect to nowhere"), message);
    }
  }

  static Stream<Arguments> arrivals() {
    String tag = "ETag: \"" + UPLOAD + "\"";
    return Stream.of(Platform.values()).flatMap(platform -> Stream.of(
        Arguments.of(platform, "200 OK", tag, true),
        Arguments.of(platform, "404 Not Found", "X: y", false),
        Arguments.of(platform, "200 OK", "X: y", ProtocolViolationException.class),
        Arguments.of(platform, "200 OK", "ETag: " + UPLOAD, ProtocolViolationException.class),
        Arguments.of(platform, "200 OK", "ETag: W/\"" + UPLOAD + "\"", ProtocolViolationException.class),
        Arguments.of(platform, "200 OK", tag.replace('b', 'c'), ProtocolViolationException.class),
        Arguments.of(platform, "302 Found", "Location: /\n" + tag, RedirectedException.class),
        Arguments.of(platform, "401 Unauthorized", "X: y", UnexplainedException.class),
        Arguments.of(platform, "503 Unavailable", "X: y", TryLaterException.class)));
  }

  /** A captive portal answers 200 to everything. */
  @ParameterizedTest
  @MethodSource("arrivals")
  void a_service_says_whether_an_upload_arrived(Platform platform, String status, String headers, Object expected)
      throws Exception {
    try (RawServer server = new RawServer(RawServer.saying("HTTP/1.1 " + status + "\n" + headers));
        HttpService service = service(platform, server)) {
      if (expected instanceof Boolean) {
        assertEquals(expected, service.hasUpload(SPACE, UPLOAD));
      } else {
        assertThrows(((Class<?>) expected).asSubclass(Exception.class), () -> service.hasUpload(SPACE, UPLOAD));
      }
      assertEquals(List.of("HEAD /v1/spaces/" + SPACE + "/uploads/" + UPLOAD), server.asked());
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_enrolment_carries_no_token_and_a_reply_without_its_fields_is_refused(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("201 Created", "Content-Type: " + JSON, "{\"device\":\"x\"}"));
        HttpService service = HttpService.toEnrol(server.url() + "/", platform.transport(), new Stop())) {
      String message = assertThrows(ProtocolViolationException.class, () -> service.enrol("code", null)).getMessage();
      assertTrue(message.matches("POST /v1/devices \\(request [0-9a-f]{16}\\): enrolment.*"), message);
      assertEquals("", RawServer.header(server.heads().get(0), "Authorization"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_code_that_none_can_be_is_refused_and_not_sent(Platform platform) throws Exception {
    try (RawServer server = new RawServer(answering("201 Created", "X: y", ""));
        HttpService service = HttpService.toEnrol(server.url(), platform.transport(), new Stop())) {
      RefusedException refused = assertThrows(RefusedException.class, () -> service.enrol("two words", new byte[32]));
      assertEquals(Problem.IMPOSSIBLE, refused.problem());
      assertFalse(refused.getMessage().contains("two"), refused.getMessage());
      assertEquals(List.of(), server.heads());
    }
  }
}
