package fedexclient.service;

import fedexclient.contract.ContractException;
import fedexclient.contract.Problem;
import fedexclient.contract.ProblemDocument;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.UntrustedException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One answer whose headers are here and whose body is still to come: bounded in bytes and time. */
final class Reply {
  static final String JSON_MEDIA_TYPE = "application/json";

  private static final int CHUNK_BYTES = 64 << 10;
  private static final int NOT_MODIFIED = 304;
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
  private static final Set<Integer> TRY_LATER =
      Collections.unmodifiableSet(new HashSet<>(Arrays.asList(408, 429, 500, 502, 503, 504)));

  private final Wire wire;
  private final int status;
  private final Map<String, String> headers;
  private final @Nullable InputStream body;
  private final String where;
  private final Pace pace;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private long received;

  /**
   * Takes an answer.
   *
   * @param headers by their names in any case
   * @param body null where the platform has none
   * @param where begins every message
   */
  Reply(Wire wire, int status, TreeMap<String, String> headers, @Nullable InputStream body, String where, Pace pace) {
    this.wire = wire;
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.where = where;
    this.pace = pace;
  }

  int status() {
    return status;
  }

  /** Whether the platform gives a body, which may be empty. */
  boolean hasBody() {
    return body != null;
  }

  String where() {
    return where;
  }

  /** A header, or an empty text. */
  String header(String name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }

  /** Without its parameters, lower case; empty where the answer names none. */
  String mediaType() {
    return header("Content-Type").split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
  }

  /** Refuses the answer, and lets go of the connection, unless something holds. */
  void check(boolean holds, String expected, String got) throws ProtocolViolationException {
    if (!holds) {
      close();
      throw new ProtocolViolationException(where + ": expected " + expected + ", got " + Printable.of(got));
    }
  }

  void checkMediaType(String expected, String what) throws ProtocolViolationException {
    check(mediaType().equals(expected), what, mediaType().isEmpty() ? "no media type" : mediaType());
  }

  /** Goes on if the answer has one of the statuses that were asked for; throws the refusal that it is. */
  Reply expect(Integer... statuses) throws ServiceException, UntrustedException {
    if (!Arrays.asList(statuses).contains(status)) {
      throw refusal();
    }
    return this;
  }

  void close() {
    wire.close();
  }

  /** Begins to read a body of at most so many bytes. */
  void begin(long maxBytes) throws ProtocolViolationException {
    String coding = header("Content-Encoding");
    check(coding.isEmpty() || coding.equals("identity"), "a body as it is", "coding " + coding);
    pace.begin(maxBytes);
  }

  /** Reads the whole body. */
  byte[] read(int maxBytes) throws ServiceException, UntrustedException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    begin(maxBytes);
    byte[] next = next(maxBytes);
    while (next != null) {
      read.write(next, 0, next.length);
      next = next(maxBytes - read.size());
    }
    return read.toByteArray();
  }

  /**
   * Waits for more of the body; null at its end, where the connection is let go.
   *
   * @param maxBytes that may still come
   * @throws UnreachableException it broke off, or comes too slowly
   */
  byte @Nullable [] next(long maxBytes) throws ServiceException, UntrustedException {
    try {
      int size = body == null ? -1 : wire.await(connection -> body.read(chunk), pace.patienceMs());
      if (size < 0) {
        checkWhole();
        close();
        return null;
      }
      received += size;
      pace.note(size);
      check(size <= maxBytes, "no more bytes than it may have", "more");
      return Arrays.copyOf(chunk, size);
    } catch (IOException error) {
      close();
      throw new UnreachableException(where + ": " + Reason.of(error), error);
    }
  }

  /** The JDK takes a connection that broke for the end of a body whose length was told. */
  private void checkWhole() throws EOFException {
    String told = header("Content-Length");
    if (LENGTH.matcher(told).matches() && received < Long.parseLong(told)) {
      throw new EOFException("the end, before all of it came");
    }
  }

  /** Reads a document; its errors name the request. */
  <T> T parsed(int maxBytes, Parser<T> parser) throws ServiceException, UntrustedException {
    byte[] data = read(maxBytes);
    try {
      return parser.parse(data);
    } catch (ContractException error) {
      throw new ProtocolViolationException(where + ": " + error.getMessage());
    }
  }

  /** Reads a document of the contract. */
  interface Parser<T> {
    T parse(byte[] data) throws ContractException;
  }

  /** Throws what can be done about an answer that was not expected; returns never. */
  RuntimeException refusal() throws ServiceException, UntrustedException {
    @Nullable ProblemDocument document = problem();
    close();
    String reason = document == null ? "without a reason of FEDEx" : Printable.of(detail(document));
    String message = where + ": " + status + " " + reason;
    boolean isDamagedOnItsWay = document != null && document.problem() == Problem.WRONG_HASH;
    if (TRY_LATER.contains(status) || isDamagedOnItsWay) {
      long now = System.currentTimeMillis() / 1000;
      throw new TryLaterException(message, RetryAfter.parse(header("Retry-After"), now));
    }
    if (document != null && status / 100 == 4) {
      throw new RefusedException(message, document.problem(), document.samples());
    }
    if (status / 100 == 4) {
      throw new UnexplainedException(message, status);
    }
    if (status / 100 == 3 && status != NOT_MODIFIED) {
      String to = header("Location").isEmpty() ? "nowhere" : Printable.of(header("Location"));
      throw new RedirectedException(where + ": expected an answer, got " + status + ", a redirect to " + to);
    }
    throw new ProtocolViolationException(where + ": expected a status of the contract, got " + status);
  }

  private static String detail(ProblemDocument document) {
    String said = document.where() + document.expected() + document.got();
    return said.isEmpty() ? document.problem().toString()
        : document.where() + ": expected " + document.expected() + ", got " + document.got();
  }

  /** Reads the document of a refusal; null where it is not the service's: without one, or with another status's. */
  private @Nullable ProblemDocument problem() throws StoppedException {
    if (!mediaType().equals(ProblemDocument.MEDIA_TYPE)) {
      return null;
    }
    try {
      ProblemDocument document = ProblemDocument.parse(read(ProblemDocument.MAX_BYTES));
      return document.problem().status() == status ? document : null;
    } catch (StoppedException error) {
      throw error;
    } catch (ContractException | ServiceException | UntrustedException error) {
      return null; // a document that nobody can read explains nothing
    }
  }
}
