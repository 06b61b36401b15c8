package fedexclient.service;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/** Answers each request with exactly the bytes that a test wants, for what no HTTP server would send by itself. */
final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final Answer answer;
  private final String scheme;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final List<String> heads = new CopyOnWriteArrayList<>();

  /** What is done when the headers of a request are here. */
  interface Answer {
    void to(Socket connection, String head) throws Exception;
  }

  RawServer(Answer answer) throws IOException {
    this("http", ServerSocketFactory.getDefault(), answer);
  }

  RawServer(String scheme, ServerSocketFactory sockets, Answer answer) throws IOException {
    this.scheme = scheme;
    this.answer = answer;
    this.listener = sockets.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    start(this::serve);
  }

  String url() {
    return scheme + "://127.0.0.1:" + listener.getLocalPort();
  }

  /** The headers of the requests so far. */
  List<String> heads() {
    return heads;
  }

  /** Their first lines, without the version. */
  List<String> asked() {
    List<String> asked = new CopyOnWriteArrayList<>();
    for (String head : heads) {
      asked.add(head.substring(0, head.indexOf(" HTTP/")));
    }
    return asked;
  }

  /** The value of a header; empty where there is none. */
  static String header(String head, String name) {
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
        return line.substring(name.length() + 1).trim();
      }
    }
    return "";
  }

  /** Answers with this text, whose lines end in plain line feeds, and a body. */
  static Answer saying(String head, byte[] body) {
    return (connection, asked) -> say(connection, head, body);
  }

  static Answer saying(String head) {
    return saying(head, new byte[0]);
  }

  static void say(Socket connection, String head, byte[] body) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    // As HTTP wants it of a server that was asked so; the JDK keeps the connection otherwise, for the next request.
    String closing = head + "\nConnection: close\n\n";
    whole.write(closing.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    whole.write(body);
    connection.getOutputStream().write(whole.toByteArray());
    connection.getOutputStream().flush();
  }

  /** Reads the body that a request's headers announce. */
  static byte[] body(Socket connection, String head) throws IOException {
    String length = header(head, "Content-Length");
    return connection.getInputStream().readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
  }

  private void serve() {
    try {
      while (true) {
        Socket connection = listener.accept();
        open.add(connection);
        start(() -> answer(connection));
      }
    } catch (IOException error) {
      // The listener was closed.
    }
  }

  private void answer(Socket connection) {
    try (connection) {
      String head = readHead(connection.getInputStream());
      heads.add(head);
      answer.to(connection, head);
    } catch (SocketException error) {
      // The client had enough.
    } catch (Exception error) {
      if (!listener.isClosed() && !(error instanceof IOException)) {
        error.printStackTrace();
      }
    }
  }

  private static String readHead(InputStream stream) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = stream.read();
      if (next < 0) {
        throw new SocketException("closed before it asked");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket connection : open) {
      connection.close();
    }
  }
}
