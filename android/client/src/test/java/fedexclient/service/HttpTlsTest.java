package fedexclient.service;

import static fedexclient.service.Asking.ENVELOPE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import libcore.net.NetworkSecurityPolicy;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose certificates are believed; on the JDK's connections and on Android's, with the JDK's TLS under both. */
@Timeout(60)
class HttpTlsTest {
  private static final String OK = "200 OK";
  private static final String DATED = "Content-Type: " + ENVELOPE + "\nDate: Sun, 06 Nov 1994 08:49:37 GMT";
  private static final String NO_PIN = Asking.repeated("A", 43) + "=";

  @TempDir static Path folder;

  private static Certificates certificates;

  @BeforeAll
  static void make() throws Exception {
    certificates = new Certificates(folder);
    certificates.makeAuthority("authority");
    certificates.makeAuthority("stranger");
    certificates.makeServer("server", "authority", "ip:127.0.0.1", "-1d", 3);
    certificates.makeServer("expired", "authority", "ip:127.0.0.1", "-3d", 1);
    certificates.makeServer("early", "authority", "ip:127.0.0.1", "+1d", 3);
    certificates.makeServer("elsewhere", "authority", "dns:fedex.example.org", "-1d", 3);
  }

  private static RawServer server(String certificate, String... others) throws Exception {
    return server(certificates.sockets(certificate, others), Asking.answering(OK, DATED, "{}"));
  }

  private static RawServer server(ServerSocketFactory sockets, RawServer.Answer answer) throws Exception {
    return new RawServer("https", sockets, answer);
  }

  private static Transport believing(Platform platform) throws Exception {
    return platform.transport().trusting(certificates.pem("authority"));
  }

  private static SignedAnswer ask(Transport transport, RawServer server) throws Exception {
    try (HttpService service = Asking.service(transport, server, new Stop())) {
      return service.spaces("");
    }
  }

  private static String refusal(Transport transport, RawServer server) {
    UnreachableException error = assertThrows(UnreachableException.class, () -> ask(transport, server));
    assertEquals(UnreachableException.class, error.getClass());
    assertEquals(List.of(), server.heads());
    return error.getMessage();
  }

  @ParameterizedTest
  @EnumSource
  void a_certificate_of_ones_own_authority_is_believed_and_the_time_that_is_told(Platform platform) throws Exception {
    try (RawServer server = server("server")) {
      SignedAnswer answer = ask(believing(platform), server);
      assertArrayEquals("{}".getBytes(), answer.envelope());
      assertEquals(784_111_777, answer.date());
    }
  }

  /** Over plain http anybody in between may say anything. */
  @ParameterizedTest
  @EnumSource
  void the_time_that_is_told_without_tls_does_not_count(Platform platform) throws Exception {
    try (RawServer server = new RawServer(Asking.answering(OK, DATED, "{}"))) {
      assertNull(ask(platform.transport(), server).date());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(Platform platform) throws Exception {
    try (RawServer server = server("server")) {
      String message = refusal(platform.transport(), server);
      assertTrue(message.contains("its certificate is not trusted: "), message);
      message = refusal(platform.transport().trusting(certificates.pem("stranger")), server);
      assertTrue(message.contains("its certificate is not trusted: "), message);
    }
  }

  @ParameterizedTest
  @EnumSource
  void one_that_has_expired_is_not_valid_yet_or_is_of_another_host_is_refused(Platform platform) throws Exception {
    for (String certificate : List.of("expired", "early", "elsewhere")) {
      try (RawServer server = server(certificate)) {
        String message = refusal(believing(platform), server);
        assertTrue(message.contains("its certificate is not trusted: "), message);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_pin_may_be_of_the_server_or_of_who_signed_it(Platform platform) throws Exception {
    try (RawServer server = server("server")) {
      for (String pinned : List.of("server", "authority")) {
        Transport transport = believing(platform).pinning(List.of(NO_PIN, certificates.pin(pinned)));
        assertArrayEquals("{}".getBytes(), ask(transport, server).envelope());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_pin_that_does_not_fit_is_refused_before_anything_is_sent(Platform platform) throws Exception {
    try (RawServer server = server("server")) {
      String message = refusal(believing(platform).pinning(List.of(NO_PIN)), server);
      assertTrue(message.contains("none of the keys that vouch for it is pinned"), message);
    }
  }

  /** A certificate is public: whoever sends it along has not shown to have its key. */
  @ParameterizedTest
  @EnumSource
  void a_pinned_certificate_that_has_signed_nothing_here_does_not_count(Platform platform) throws Exception {
    try (RawServer server = server("server", "stranger")) {
      String message = refusal(believing(platform).pinning(List.of(certificates.pin("stranger"))), server);
      assertTrue(message.contains("none of the keys that vouch for it is pinned"), message);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_pin_believes_nobody_whom_the_platform_does_not(Platform platform) throws Exception {
    try (RawServer server = server("server")) {
      refusal(platform.transport().pinning(List.of(certificates.pin("server"))), server);
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_upload_arrives_as_it_is(Platform platform) throws Exception {
    byte[] body = new byte[1_000_000];
    new Random(2).nextBytes(body);
    CompletableFuture<byte[]> got = new CompletableFuture<>();
    RawServer.Answer answer = (connection, head) -> {
      got.complete(RawServer.body(connection, head));
      Asking.answering("201 Created", "Content-Type: application/json", Asking.RIGHT)
          .to(connection, head.replace("Content-Length", "X"));
    };
    try (RawServer server = server(certificates.sockets("server"), answer);
        HttpService service = Asking.service(believing(platform), server, new Stop())) {
      service.upload(body, Asking.SPACE, Asking.UPLOAD);
      assertArrayEquals(body, got.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_service_that_drips_behind_tls_is_unreachable_too(Platform platform) throws Exception {
    RawServer.Answer drip = (connection, head) -> {
      connection.getOutputStream().write("HTTP/1.1 200 OK\r\n".getBytes());
      while (true) {
        connection.getOutputStream().write('X');
        Thread.sleep(50);
      }
    };
    try (RawServer server = server(certificates.sockets("server"), drip);
        HttpService service = Asking.service(believing(platform).timingOutAfter(700), server, new Stop())) {
      String message = assertThrows(UnreachableException.class, () -> service.spaces("")).getMessage();
      assertTrue(message.endsWith("too little progress within the time-out"), message);
    }
  }

  /** A server that never says hello, whatever it is told. */
  @ParameterizedTest
  @EnumSource
  void who_wants_no_more_shakes_no_hands(Platform platform) throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    try (ServerSocket silent = new ServerSocket(0)) {
      Stop stop = new Stop();
      String url = "https://127.0.0.1:" + silent.getLocalPort();
      CompletableFuture.runAsync(() -> {
        try (Socket connection = silent.accept()) {
          connection.getInputStream().read();
          Thread.sleep(300);
          stop.ask();
          stopped.await(20, TimeUnit.SECONDS);
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
      try (HttpService service = HttpService.of(Asking.identity(url), url, platform.transport(20_000), stop)) {
        assertThrows(StoppedException.class, () -> service.spaces(""));
        stopped.countDown();
      }
    }
  }

  @Test
  void what_is_no_certificate_or_no_pin_is_a_typed_error() throws Exception {
    for (String pem : List.of("", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) {
      assertThrows(SettingException.class, () -> Transport.standard().trusting(pem.getBytes()), pem);
    }
    for (String pin : List.of("", "garbage", NO_PIN + "A", "sha256/" + NO_PIN)) {
      assertThrows(SettingException.class, () -> Transport.standard().pinning(List.of(pin)), pin);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:1", "http://127.255.0.9", "http://localhost", "http://LOCALHOST.:80/x",
      "http://[::1]:8000", "https://fedex.example.org", "HTTPS://fedex.example.org/under/"})
  void a_service_on_this_device_needs_no_tls(String url) throws Exception {
    HttpService.toEnrol(url, Transport.standard(), new Stop()).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://fedex.example.org", "http://x.localhost", "http://localhost.example.org",
      "http://127.0.0.1.example.org", "http://128.0.0.1", "http://[::2]", "http://0.0.0.0"})
  void plain_http_to_another_machine_has_to_be_allowed(String url) throws Exception {
    String message = assertThrows(
        SettingException.class, () -> HttpService.toEnrol(url, Transport.standard(), new Stop())).getMessage();
    assertTrue(message.contains("expected https"), message);
    HttpService.toEnrol(url, Transport.standard().allowingPlainHttp(), new Stop()).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "ftp://127.0.0.1", "file:///etc/passwd", "https://", "https:///v1",
      "https://a b", "https://a/?x=1", "https://a/#x", "https://me:secret@a", "https://a:99999", "https://a\r\nX: y",
      "https://a_b.example"})
  void what_is_no_address_is_a_typed_error_and_repeats_no_password(String url) {
    String message = assertThrows(SettingException.class,
        () -> HttpService.toEnrol(url, Transport.standard().allowingPlainHttp(), new Stop())).getMessage();
    assertTrue(!message.contains("secret") && !message.contains("\n"), message);
  }

  /** It was told as a connection that broke, and tried again for ever, though only a setting helps. */
  @Test
  void plain_http_that_the_platform_refuses_is_a_setting() throws Exception {
    NetworkSecurityPolicy usual = NetworkSecurityPolicy.getInstance();
    NetworkSecurityPolicy.setInstance(new NoPlainHttp());
    try {
      String message = assertThrows(
          SettingException.class, () -> Transport.standard().to("http://127.0.0.1:8000")).getMessage();
      assertTrue(message.contains("network security configuration"), message);
      Transport.standard().to("https://127.0.0.1:8000");
    } finally {
      NetworkSecurityPolicy.setInstance(usual);
    }
  }

  private static final class NoPlainHttp extends NetworkSecurityPolicy {
    @Override
    public boolean isCleartextTrafficPermitted() {
      return false;
    }

    @Override
    public boolean isCleartextTrafficPermitted(String host) {
      return false;
    }

    @Override
    public boolean isCertificateTransparencyVerificationRequired(String host) {
      return false;
    }
  }
}
