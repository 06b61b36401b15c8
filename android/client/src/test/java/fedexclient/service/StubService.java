package fedexclient.service;

import static fedexclient.service.Asking.repeated;

import fedexclient.contract.KeyChain;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Sha256;
import fedexclient.trust.Signer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A service on a free local port that keeps the contract of enrolment, but for the faults that a test puts into it. */
final class StubService implements AutoCloseable {
  static final String CODE = "let-me-in";

  private static final Pattern FIELD = Pattern.compile("\"(code|secret|nonce)\":\"([^\"]*)\"");

  /** Path prefix to what is answered instead. What was asked is done all the same. */
  final Map<String, RawServer.Answer> faults = new ConcurrentHashMap<>();
  /** Which device has which secret. */
  final Map<String, String> deviceOf = new ConcurrentHashMap<>();
  /** What came as authorization; empty where nothing did. */
  final Set<String> tokens = ConcurrentHashMap.newKeySet();

  volatile String token = Asking.TOKEN;
  /** Given out in place of the token, and not used yet; empty: none. */
  volatile String nextToken = "";
  volatile String device = Asking.DEVICE;
  volatile String group = "family";
  volatile Signer key;

  private final RawServer server;
  private final List<byte[]> links = new ArrayList<>();
  private final PublicKey first;
  private int made;

  StubService() throws Exception {
    this.key = signer();
    this.first = key.key();
    this.server = new RawServer(this::answer);
  }

  /** A key that nobody has yet. */
  static Signer signer() {
    byte[] seed = new byte[32];
    new SecureRandom().nextBytes(seed);
    return new Signer(seed);
  }

  String url() {
    return server.url();
  }

  /** What was asked: method and path. */
  List<String> asked() {
    return server.asked();
  }

  /** How often a device was made or found again. */
  long enrolments() {
    return asked().stream().filter("POST /v1/devices"::equals).count();
  }

  /** Lets another key take the place of the service's. */
  void rotate() throws Exception {
    Signer next = signer();
    links.add(link(key, next));
    key = next;
  }

  static byte[] link(Signer old, Signer next) throws Exception {
    return link(old, next, old);
  }

  static byte[] link(Signer old, Signer next, Signer signer) throws Exception {
    String payload = "{\"format\":1,\"issued\":1800000000,\"new\":\"" + base64(next.key().bytes()) + "\",\"old\":\""
        + base64(old.key().bytes()) + "\"}";
    return signer.seal(KeyChain.LINK_PAYLOAD_TYPE, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** The document of all keys so far. */
  byte[] keys() {
    return chain(first, links);
  }

  static byte[] chain(PublicKey first, List<byte[]> links) {
    List<String> texts = new ArrayList<>();
    links.forEach(link -> texts.add(new String(link, StandardCharsets.UTF_8)));
    return ("{\"first\":\"" + base64(first.bytes()) + "\",\"format\":1,\"links\":[" + String.join(",", texts) + "]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Shows these keys from now on, whatever its own are. */
  void show(byte[] keys) {
    faults.put("/v1/keys", json("200 OK", new String(keys, StandardCharsets.UTF_8)));
  }

  private static String base64(byte[] data) {
    return Base64.getEncoder().encodeToString(data);
  }

  private static RawServer.Answer json(String status, String body) {
    return Asking.answering(status, "Content-Type: application/json", body);
  }

  private void answer(Socket connection, String head) throws Exception {
    String body = new String(RawServer.body(connection, head), StandardCharsets.UTF_8);
    // What answers may read the body that the headers announce, and this one is read.
    decided(head, body).to(connection, head.replaceAll("(?i)content-length:", "X-Was-Length:"));
  }

  private synchronized RawServer.Answer decided(String head, String body) throws Exception {
    String path = head.split(" ")[1];
    tokens.add(RawServer.header(head, "Authorization"));
    RawServer.Answer answer = answerTo(head.split(" ")[0], path, head, body);
    for (Map.Entry<String, RawServer.Answer> fault : faults.entrySet()) {
      answer = path.startsWith(fault.getKey()) ? fault.getValue() : answer;
    }
    return answer;
  }

  private RawServer.Answer answerTo(String method, String path, String head, String body) throws Exception {
    if (path.equals("/v1/keys")) {
      return json("200 OK", new String(keys(), StandardCharsets.UTF_8));
    }
    if (path.endsWith("/proof")) {
      return path.equals("/v1/devices/" + device + "/proof")
          ? json("200 OK", proof(field(body, "nonce"))) : Asking.refusing(404, "not-found", "");
    }
    if (path.equals("/v1/devices")) {
      return field(body, "code").equals(CODE) ? enrolled(field(body, "secret")) : Asking.refusing(403, "forbidden", "");
    }
    String shown = RawServer.header(head, "Authorization");
    if (!nextToken.isEmpty() && shown.equals("Bearer " + nextToken)) {
      token = nextToken;
      nextToken = "";
    }
    if (!shown.equals("Bearer " + token)) {
      return Asking.refusing(401, "unauthenticated", "\nWWW-Authenticate: Bearer");
    }
    if (path.endsWith("/token")) {
      nextToken = repeated("n", 40) + ++made;
      return json("200 OK", "{\"token\":\"" + nextToken + "\"}");
    }
    return Asking.refusing(404, "not-found", "");
  }

  private RawServer.Answer enrolled(String secret) throws Exception {
    String named = deviceOf.computeIfAbsent(secret, key -> device);
    return json("201 Created", "{\"device\":\"" + named + "\",\"group\":\"" + group + "\",\"key\":\""
        + base64(key.key().bytes()) + "\",\"token\":\"" + token + "\"}");
  }

  private String proof(String nonce) throws Exception {
    String next = nextToken.isEmpty() ? "" : ",\"next\":[\"" + proofBy(nextToken, device, nonce) + "\"]";
    return "{\"proof\":\"" + proofBy(token, device, nonce) + "\"" + next + "}";
  }

  /** What only who knows a token can answer to a nonce. */
  static String proofBy(String token, String device, String nonce) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Sha256.of(token.getBytes(StandardCharsets.US_ASCII)), "HmacSHA256"));
    mac.update("fedex-service-proof-1".getBytes(StandardCharsets.US_ASCII));
    mac.update(Base64.getDecoder().decode(nonce));
    return base64(mac.doFinal(device.getBytes(StandardCharsets.US_ASCII)));
  }

  /** A field of a request's body. */
  static String field(String body, String name) {
    Matcher match = FIELD.matcher(body);
    while (match.find()) {
      if (match.group(1).equals(name)) {
        return match.group(2);
      }
    }
    return "";
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
