package fedexclient.service;

import fedexclient.contract.Channel;
import fedexclient.contract.FileRef;
import fedexclient.contract.PublicKey;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.provider.Arguments;

/** What tests of one client say again and again. */
final class Asking {
  static final String SPACE = repeated("a", 64);
  static final String UPLOAD = repeated("b", 64);
  static final String TOKEN = repeated("t", 43);
  static final String DEVICE = repeated("d", 16);
  static final String JSON = "application/json";
  static final String ENVELOPE = "application/vnd.fedex.envelope+json";
  static final byte[] RIGHT = ("{\"upload\":\"" + UPLOAD + "\"}").getBytes();
  static final String PROBLEM = "application/problem+json";

  private Asking() {}

  /** A call to a service. */
  interface Call {
    Object of(Service service) throws Exception;
  }

  static String repeated(String text, int times) {
    return new String(new char[times]).replace("\0", text);
  }

  static Identity identity(String url) {
    return new Identity(url, DEVICE, TOKEN, "family", key(), key(), new byte[32], 0, false);
  }

  static PublicKey key() {
    try {
      return PublicKey.of(new byte[32]);
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  static HttpService service(Platform platform, RawServer server) throws SettingException {
    return service(platform.transport(), server, new Stop());
  }

  static HttpService service(Transport transport, RawServer server, Stop stop) throws SettingException {
    return HttpService.of(identity(server.url()), server.url(), transport, stop);
  }

  static byte[] release(Service service) throws Exception {
    return service.release(SPACE, Channel.BEST, "").envelope();
  }

  /** The body of one answer with its length and status line. */
  static RawServer.Answer answering(String status, String headers, byte[] body) {
    String head = "HTTP/1.1 " + status + "\n" + headers + (headers.isEmpty() ? "" : "\n") + "Content-Length: "
        + body.length;
    return (connection, asked) -> {
      RawServer.body(connection, asked);
      RawServer.say(connection, head, body);
    };
  }

  static RawServer.Answer answering(String status, String headers, String body) {
    return answering(status, headers, body.getBytes());
  }

  /** A problem document of the contract. */
  static RawServer.Answer refusing(int status, String problem, String moreHeaders) {
    String document = "{\"type\":\"urn:fedex:problem:" + problem + "\",\"where\":\"here\",\"expected\":\"this\","
        + "\"got\":\"that\"}";
    return answering(status + " No", "Content-Type: " + PROBLEM + moreHeaders, document);
  }

  static FileRef object(int size) {
    return FileRef.of(bytes(size));
  }

  static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    for (int index = 0; index < size; index++) {
      bytes[index] = (byte) index;
    }
    return bytes;
  }

  static byte[] all(ObjectStream stream) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] next = stream.next();
    while (next != null) {
      all.write(next);
      next = stream.next();
    }
    return all.toByteArray();
  }

  static List<Named<Call>> calls() {
    List<Named<Call>> calls = new ArrayList<>();
    calls.add(Named.of("enrol", service -> service.enrol("let-me-in", new byte[32])));
    calls.add(Named.of("keys", Service::keys));
    calls.add(Named.of("new token", Service::newToken));
    calls.add(Named.of("erase", Service::eraseSamples));
    calls.add(Named.of("is known", Service::isKnown));
    calls.add(Named.of("upload", service -> {
      service.upload(new byte[] {1, 2, 3}, SPACE, UPLOAD);
      return "done";
    }));
    calls.add(Named.of("has upload", service -> service.hasUpload(SPACE, UPLOAD)));
    calls.add(Named.of("release", service -> service.release(SPACE, Channel.BEST, "\"a\"")));
    calls.add(Named.of("spaces", service -> service.spaces("")));
    calls.add(Named.of("object", service -> all(service.object(object(4), 0))));
    calls.add(Named.of("part of an object", service -> all(service.object(object(4), 2))));
    return calls;
  }

  /** Each of these on each platform. */
  static Stream<Arguments> onEach(List<?> cases) {
    return Stream.of(Platform.values()).flatMap(platform -> cases.stream().map(one -> Arguments.of(platform, one)));
  }
}
