package fedexclient;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import fedexclient.contract.Invitation;
import fedexclient.trust.Signer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A service over HTTP on this machine that enrols, takes uploads and erases; it has no release. It notes who asks. */
final class SmallService implements AutoCloseable {
  static final String ERASURE = "0123456789abcdef0123456789abcdef";

  /** What was asked for: method and path. */
  final List<String> asked = new CopyOnWriteArrayList<>();
  /** What is done before a request is answered; an HTTP status and the name of a problem take the answer's place. */
  volatile Fault fault = request -> null;
  volatile String device = "dddddddddddddddd";
  volatile String group = "family";

  private final Signer signer = new Signer(new byte[32]);
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  SmallService() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** What a test puts into a request's way. */
  interface Fault {
    /** Null: the request is answered as always; else a status, a space and the name of a problem. */
    @Nullable String to(String request) throws Exception;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  Invitation invitation() throws Exception {
    return Invitation.parse("fedex://enrol?v=1&url=" + URLEncoder.encode(url(), "UTF-8") + "&code=let-me-in&key="
        + signer.key().fingerprint());
  }

  /** How many requests began so: a method, and what there is of a path. */
  long count(String beginning) {
    return asked.stream().filter(request -> request.startsWith(beginning)).count();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try {
      exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String request = exchange.getRequestMethod() + " " + path;
      asked.add(request);
      String fate = fault.to(request);
      if (fate == null) {
        fate = usual(request, path);
      }
      say(exchange, fate);
    } catch (IOException error) {
      throw error;
    } catch (Exception error) {
      throw new IOException(error);
    } finally {
      exchange.close();
    }
  }

  private String usual(String request, String path) throws Exception {
    String key = Base64.getEncoder().encodeToString(signer.key().bytes());
    if (request.equals("GET /v1/keys")) {
      return "200 {\"first\":\"" + key + "\",\"format\":1,\"links\":[]}";
    }
    if (request.equals("POST /v1/devices")) {
      return "201 {\"device\":\"" + device + "\",\"group\":\"" + group + "\",\"key\":\"" + key
          + "\",\"token\":\"tttttttttttttttttttttttttttttttttttttttt\"}";
    }
    if (request.equals("DELETE /v1/devices/self/samples")) {
      return "202 {\"erasure\":\"" + ERASURE + "\"}";
    }
    if (request.startsWith("PUT ")) {
      return "201 {\"upload\":\"" + path.substring(path.lastIndexOf('/') + 1) + "\"}";
    }
    return "404 not-found";
  }

  private static void say(HttpExchange exchange, String fate) throws IOException {
    int status = Integer.parseInt(fate.substring(0, 3));
    String body = fate.substring(4);
    if (status >= 400) {
      body = "{\"type\":\"urn:fedex:problem:" + body + "\",\"where\":\"here\",\"expected\":\"this\",\"got\":\"that\"}";
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type",
        status >= 400 ? "application/problem+json" : "application/json");
    boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, hasBody ? bytes.length : -1);
    if (hasBody) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
