package fedexclient.service;

import static fedexclient.service.Asking.ENVELOPE;
import static fedexclient.service.Asking.JSON;
import static fedexclient.service.Asking.RIGHT;
import static fedexclient.service.Asking.SPACE;
import static fedexclient.service.Asking.UPLOAD;
import static fedexclient.service.Asking.release;
import static fedexclient.service.Asking.service;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that are slow, silent, drip, break off, or never end; and callers who want no more. */
@Timeout(60)
class HttpPaceTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: " + ENVELOPE + "\r\n";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String SLOW = "too little progress within the time-out";

  static Stream<Arguments> breaking() {
    return Asking.onEach(List.of(
        Named.of("hangs up", (RawServer.Answer) (connection, head) -> connection.close()),
        Named.of("breaks off in the body", raw(OK + "Content-Length: 100\r\n\r\nhalf")),
        Named.of("breaks off in a chunk", raw(CHUNKED + "64\r\nhalf")),
        Named.of("is another program", raw("SSH-2.0-OpenSSH_9.2\r\n"))));
  }

  @ParameterizedTest
  @MethodSource("breaking")
  void a_service_that_breaks_off_is_unreachable(Platform platform, RawServer.Answer answer) throws Exception {
    try (RawServer server = new RawServer(answer); HttpService service = service(platform, server)) {
      String message = assertThrows(UnreachableException.class, () -> release(service)).getMessage();
      assertTrue(message.endsWith("the connection broke"), message);
    }
  }

  private static RawServer.Answer raw(String text) {
    return (connection, head) -> connection.getOutputStream().write(text.getBytes());
  }

  static Stream<Arguments> dripping() {
    return Asking.onEach(List.of(
        Named.of("silence", drip("", "")),
        Named.of("status line", drip("HTTP/1.1 ", "2")),
        Named.of("headers", drip(OK, "X-More: of it\r\n")),
        Named.of("continue", drip("", "HTTP/1.1 100 Continue\r\n\r\n")),
        Named.of("body", drip(OK + "Content-Length: 9999\r\n\r\n", "x")),
        Named.of("chunk size", drip(CHUNKED, "0")),
        Named.of("chunks", drip(CHUNKED + "2\r\n{}\r\n", "1\r\nx\r\n")),
        Named.of("trailers", drip(CHUNKED + "2\r\n{}\r\n0\r\n", "X-More: of it\r\n"))));
  }

  /** Sends some bytes at once, and others one by one, for ever. */
  private static RawServer.Answer drip(String first, String then) {
    return (connection, head) -> {
      OutputStream stream = connection.getOutputStream();
      stream.write(first.getBytes());
      for (int place = 0; ; place++) {
        Thread.sleep(100);
        if (!then.isEmpty()) {
          stream.write(then.charAt(place % then.length()));
        }
      }
    };
  }

  /** Each byte counted as progress once: headers that came one a second outlasted every time-out. */
  @ParameterizedTest
  @MethodSource("dripping")
  void a_service_that_is_silent_or_drips_is_unreachable(Platform platform, RawServer.Answer answer) throws Exception {
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(700), server, new Stop())) {
      String message = assertThrows(UnreachableException.class, () -> release(service)).getMessage();
      assertTrue(message.endsWith(SLOW), message);
    }
  }

  /** Sends as fast as it is read, for ever: none of it is a part of the body, whose bound would end it. */
  static Stream<Arguments> flooding() {
    return Asking.onEach(List.of(
        Named.of("continue", flood("", "HTTP/1.1 100 Continue\r\n\r\n")),
        Named.of("headers", flood(OK, "X-More: of it\r\n")),
        Named.of("one header", flood(OK + "X: ", "y")),
        Named.of("trailers", flood(CHUNKED + "2\r\n{}\r\n0\r\n", "X-More: of it\r\n"))));
  }

  private static RawServer.Answer flood(String first, String then) {
    byte[] more = Asking.repeated(then, 1000).getBytes();
    return (connection, head) -> {
      connection.getOutputStream().write(first.getBytes());
      while (true) {
        connection.getOutputStream().write(more);
      }
    };
  }

  @ParameterizedTest
  @MethodSource("flooding")
  void what_comes_fast_and_never_ends_is_ended(Platform platform, RawServer.Answer answer) throws Exception {
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(700), server, new Stop())) {
      assertThrows(UnreachableException.class, () -> release(service));
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_slow_answer_is_not_a_dead_one(Platform platform) throws Exception {
    RawServer.Answer answer = (connection, head) -> {
      connection.getOutputStream().write((OK + "Content-Length: 20480\r\n\r\n").getBytes());
      for (int block = 0; block < 20; block++) {
        connection.getOutputStream().write(new byte[1024]);
        Thread.sleep(250);
      }
    };
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(3_000), server, new Stop())) {
      long began = System.nanoTime();
      assertEquals(20_480, release(service).length);
      assertTrue(System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(3_000));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobody_there_is_unreachable_in_a_few_words(Platform platform) throws Exception {
    String url = "http://127.0.0.1:" + freePort();
    try (HttpService service = HttpService.of(Asking.identity(url), url, platform.transport(), new Stop())) {
      UnreachableException error = assertThrows(UnreachableException.class, () -> release(service));
      assertEquals(url + ": nobody answers there", error.getMessage());
      UnreachableException of = assertThrows(
          UnreachableException.class, () -> service.upload(new byte[3], SPACE, UPLOAD));
      assertEquals(UnreachableException.class, of.getClass());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_name_without_an_address_is_unreachable(Platform platform) throws Exception {
    String url = "https://fedex.invalid";
    try (HttpService service = HttpService.of(Asking.identity(url), url, platform.transport(), new Stop())) {
      assertThrows(UnreachableException.class, () -> release(service));
    }
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_upload_arrives_as_it_is_however_slowly_it_is_read(Platform platform) throws Exception {
    byte[] body = new byte[4_000_000];
    new Random(1).nextBytes(body);
    CompletableFuture<byte[]> got = new CompletableFuture<>();
    RawServer.Answer answer = (connection, head) -> {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      while (read.size() < body.length) {
        read.write(connection.getInputStream().readNBytes(Math.min(200_000, body.length - read.size())));
        Thread.sleep(250);
      }
      got.complete(read.toByteArray());
      RawServer.say(connection, "HTTP/1.1 201 Created\nContent-Type: " + JSON + "\nContent-Length: " + RIGHT.length,
          RIGHT);
    };
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(3_000), server, new Stop())) {
      service.upload(body, SPACE, UPLOAD);
      assertTrue(Arrays.equals(body, got.get()));
      assertEquals("application/vnd.fedex.upload", RawServer.header(server.heads().get(0), "Content-Type"));
      assertEquals("4000000", RawServer.header(server.heads().get(0), "Content-Length"));
    }
  }

  static Stream<Arguments> cuts() {
    return Asking.onEach(List.of(
        Named.of("reset", (RawServer.Answer) (connection, head) -> {
          connection.setSoLinger(true, 0);
          connection.getInputStream().readNBytes(10_000);
          connection.close();
        }),
        Named.of("no answer", (RawServer.Answer) (connection, head) -> RawServer.body(connection, head)),
        Named.of("nobody reads", (RawServer.Answer) (connection, head) -> Thread.sleep(30_000))));
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void a_body_that_was_cut_off_is_told_from_a_service_that_is_not_there(Platform platform, RawServer.Answer answer)
      throws Exception {
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(700), server, new Stop())) {
      String message = assertThrows(
          CutOffException.class, () -> service.upload(new byte[16 << 20], SPACE, UPLOAD)).getMessage();
      String name = RawServer.header(server.heads().get(0), "X-Request-Id");
      assertTrue(message.contains("(request " + name + ")"), message);
    }
  }

  static Stream<Arguments> waits() {
    return Asking.onEach(List.of(
        Named.of("headers", drip("", "")),
        Named.of("dripping headers", drip(OK, "X")),
        Named.of("body", drip(OK + "Content-Length: 9999\r\n\r\n", "x")),
        Named.of("chunks", drip(CHUNKED + "2\r\n{}\r\n", "0"))));
  }

  @ParameterizedTest
  @MethodSource("waits")
  void who_wants_no_more_waits_no_more(Platform platform, RawServer.Answer answer) throws Exception {
    Stop stop = new Stop();
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(20_000), server, stop)) {
      assertStops(stop, () -> release(service));
    }
  }

  @ParameterizedTest
  @EnumSource
  void who_wants_no_more_sends_no_more(Platform platform) throws Exception {
    Stop stop = new Stop();
    try (RawServer server = new RawServer((connection, head) -> Thread.sleep(30_000));
        HttpService service = service(platform.transport(20_000), server, stop)) {
      assertStops(stop, () -> service.upload(new byte[16 << 20], SPACE, UPLOAD));
      assertThrows(StoppedException.class, () -> release(service));
      assertEquals(1, server.heads().size());
    }
  }

  /** A listener whose queue is full lets nobody connect, and tells nobody. */
  @ParameterizedTest
  @EnumSource
  void who_wants_no_more_connects_no_more(Platform platform) throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        Socket one = new Socket(full.getInetAddress(), full.getLocalPort());
        Socket another = new Socket(full.getInetAddress(), full.getLocalPort())) {
      assertTrue(one.isConnected() && another.isConnected());
      String url = "http://127.0.0.1:" + full.getLocalPort();
      Stop stop = new Stop();
      try (HttpService service = HttpService.of(Asking.identity(url), url, platform.transport(20_000), stop)) {
        assertStops(stop, () -> release(service));
      }
    }
  }

  /** Its time-out is 20 s: what ends sooner was stopped. */
  private static void assertStops(Stop stop, Executable call) throws Exception {
    Thread asks = new Thread(() -> {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
      stop.ask();
    });
    asks.start();
    long began = System.nanoTime();
    assertThrows(StoppedException.class, call);
    assertTrue(System.nanoTime() - began < TimeUnit.SECONDS.toNanos(15));
  }

  @ParameterizedTest
  @EnumSource
  void a_thread_that_is_interrupted_waits_no_more(Platform platform) throws Exception {
    try (RawServer server = new RawServer(drip("", "")); HttpService service = service(platform, server)) {
      Thread.currentThread().interrupt();
      assertThrows(StoppedException.class, () -> release(service));
      assertTrue(Thread.interrupted());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_connection_that_was_given_up_is_closed_and_its_thread_ends(Platform platform) throws Exception {
    Set<Thread> before = wires();
    CompletableFuture<Integer> end = new CompletableFuture<>();
    RawServer.Answer answer = (connection, head) -> {
      try {
        end.complete(connection.getInputStream().read());
      } catch (IOException error) {
        end.complete(-1);
      }
    };
    try (RawServer server = new RawServer(answer);
        HttpService service = service(platform.transport(300), server, new Stop())) {
      assertThrows(UnreachableException.class, () -> release(service));
      assertEquals(-1, end.get(10, TimeUnit.SECONDS));
    }
    assertEnded(before);
  }

  /** Its connection once stayed until the garbage collector found it: the JDK keeps such a body to itself. */
  @ParameterizedTest
  @EnumSource
  void a_refusal_that_has_no_body_is_let_go_of_before_anything_else_is_asked(Platform platform) throws Exception {
    Set<Thread> before = wires();
    try (RawServer server = new RawServer(Asking.refusing(401, "unauthenticated", ""));
        HttpService service = service(platform.transport(5_000), server, new Stop())) {
      assertThrows(RefusedException.class, () -> service.upload(new byte[] {1}, Asking.SPACE, Asking.UPLOAD));
    }
    assertEnded(before);
  }

  private static void assertEnded(Set<Thread> before) throws Exception {
    for (Thread wire : wires()) {
      if (!before.contains(wire)) {
        wire.join(10_000);
        assertFalse(wire.isAlive(), wire.toString());
      }
    }
  }

  private static Set<Thread> wires() {
    return Thread.getAllStackTraces().keySet().stream().filter(one -> one.getName().equals("fedex-wire"))
        .collect(Collectors.toSet());
  }
}
