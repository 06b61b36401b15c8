package fedexclient.service;

import fedexclient.contract.Formats;
import fedexclient.contract.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to one service, each on a connection of its own and by a name of its own, which the service's log has
 * and an error tells.
 *
 * <p>No connection is kept for the next request: platforms ask silently once more where a kept one turns out to be
 * dead. A request without a body may be sent twice all the same (GET, HEAD, DELETE: those of the contract may be
 * repeated); one with a body never is, as it is streamed.
 */
final class Requests {
  private static final String REQUEST_ID = "X-Request-Id";
  private static final Pattern REQUEST_NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final int REQUEST_NAME_BYTES = 8;
  private static final int BLOCK_BYTES = 4 << 10;
  /** So that the time-outs of the platform end what nobody waits for any more. */
  private static final int LATER_MS = 1_000;

  private final Transport.Route route;
  private final int timeoutMs;
  private final Stop stop;
  private final SecureRandom random = new SecureRandom();
  private @Nullable Wire latest;

  Requests(Transport.Route route, Transport transport, Stop stop) {
    this.route = route;
    this.timeoutMs = transport.timeoutMs();
    this.stop = stop;
  }

  String address() {
    return route.address();
  }

  /** Whether what is said of the time comes from the service. */
  boolean isSecure() {
    return route.isSecure();
  }

  /**
   * Sends a request and waits for the headers of its answer.
   *
   * @throws CutOffException a body was on its way
   * @throws UnreachableException there was no answer
   * @throws StoppedException the end was asked for
   */
  Reply send(Request request) throws ServiceException {
    stop.check();
    String name = newName();
    boolean isConnected = false;
    try {
      Wire wire = new Wire(prepared(request, name), stop);
      latest = wire;
      wire.await(Requests::connect, 2L * timeoutMs);
      isConnected = true;
      sendBody(wire, request.body());
      return wire.await(connection -> answer(wire, connection, request, name), headersMs(request.body()));
    } catch (IOException error) {
      String where = isConnected ? address() + " (request " + name + ")" : address();
      String message = where + ": " + Reason.of(error);
      throw request.hasBody() && isConnected
          ? new CutOffException(message, error) : new UnreachableException(message, error);
    }
  }

  private String newName() {
    byte[] bytes = new byte[REQUEST_NAME_BYTES];
    random.nextBytes(bytes);
    return Sha256.hexDigits(bytes);
  }

  private HttpURLConnection prepared(Request request, String name) throws IOException {
    HttpURLConnection connection = route.open(request.path());
    connection.setRequestMethod(request.method());
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(timeoutMs);
    connection.setReadTimeout((int) headersMs(request.body()) + LATER_MS);
    connection.setRequestProperty("User-Agent", "fedex-android");
    connection.setRequestProperty("Accept", "*/*");
    connection.setRequestProperty("Accept-Encoding", "identity");
    connection.setRequestProperty("Connection", "close");
    connection.setRequestProperty(Formats.HEADER, Formats.READ);
    connection.setRequestProperty(REQUEST_ID, name);
    for (Map.Entry<String, String> header : request.headers().entrySet()) {
      connection.setRequestProperty(header.getKey(), header.getValue());
    }
    byte[] body = request.body();
    if (body != null) {
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode((long) body.length);
    }
    return connection;
  }

  /** Status line and headers have one time-out together, which begins when the rest of the body is on its way. */
  private long headersMs(byte @Nullable [] body) {
    return timeoutMs + Pace.onTheWayMs(body == null ? 0 : Math.min(body.length, route.waitingBytes()));
  }

  private static @Nullable Void connect(HttpURLConnection connection) throws IOException {
    connection.connect();
    return null;
  }

  /** A slow line is not a dead one: each block has a time-out of its own. */
  private void sendBody(Wire wire, byte @Nullable [] body) throws IOException, StoppedException {
    if (body == null) {
      return;
    }
    OutputStream stream = wire.await(HttpURLConnection::getOutputStream, timeoutMs);
    for (int begin = 0; begin < body.length; begin += BLOCK_BYTES) {
      int from = begin;
      wire.await(connection -> write(stream, body, from), timeoutMs);
    }
    wire.await(connection -> close(stream), timeoutMs);
  }

  private static @Nullable Void write(OutputStream stream, byte[] body, int begin) throws IOException {
    stream.write(body, begin, Math.min(BLOCK_BYTES, body.length - begin));
    stream.flush();
    return null;
  }

  private static @Nullable Void close(OutputStream stream) throws IOException {
    stream.close();
    return null;
  }

  private Reply answer(Wire wire, HttpURLConnection connection, Request request, String name) throws IOException {
    int status = connection.getResponseCode();
    if (status < 0) {
      throw new IOException("not HTTP");
    }
    TreeMap<String, String> headers = headers(connection);
    @Nullable InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
    String told = headers.getOrDefault(REQUEST_ID, "");
    String inLog = REQUEST_NAME.matcher(told).matches() ? told : name;
    String where = request.method() + " " + request.path() + " (request " + inLog + ")";
    return new Reply(wire, status, headers, body, where, new Pace(timeoutMs));
  }

  /** One that comes more than once is all of them, with commas between. */
  private static TreeMap<String, String> headers(HttpURLConnection connection) {
    TreeMap<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    int number = 0;
    String value = connection.getHeaderField(number);
    while (value != null) {
      String key = connection.getHeaderFieldKey(number);
      if (key != null) { // the status line has none
        headers.merge(key, value, (one, other) -> one + ", " + other);
      }
      value = connection.getHeaderField(++number);
    }
    return headers;
  }

  /** Lets go of what is still on its way. */
  void close() {
    if (latest != null) {
      latest.close();
    }
  }
}
