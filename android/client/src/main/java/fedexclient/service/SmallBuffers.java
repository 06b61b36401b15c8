package fedexclient.service;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes TLS connections of which little waits in the system's buffer, so that what was handed over of an upload is
 * nearly on the line.
 */
final class SmallBuffers extends SSLSocketFactory {
  /** What may wait; Linux makes twice of it. */
  static final int BYTES = 8 << 10;

  private final SSLSocketFactory factory;

  SmallBuffers(SSLSocketFactory factory) {
    this.factory = factory;
  }

  @Override
  public Socket createSocket() throws IOException {
    return small(factory.createSocket());
  }

  @Override
  public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
    return factory.createSocket(small(socket), host, port, autoClose);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return small(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
    return small(factory.createSocket(host, port, from, fromPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return small(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
    return small(factory.createSocket(host, port, from, fromPort));
  }

  private static Socket small(Socket socket) throws IOException {
    socket.setSendBufferSize(BYTES);
    return socket;
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return factory.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return factory.getSupportedCipherSuites();
  }
}
