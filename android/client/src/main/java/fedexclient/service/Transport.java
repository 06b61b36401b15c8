package fedexclient.service;

import android.security.NetworkSecurityPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Collections;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** How services are connected with: whose certificates count, whether TLS may be left out, how patient one is. */
public final class Transport {
  /** Without progress, or for the headers of an answer. */
  public static final int TIMEOUT_MS = 20_000;

  /** What may wait in the system's buffer of a connection that is not TLS, as the platform lets nobody bound it. */
  private static final int ON_PLAIN_LINES = 256 << 10;
  private static final int MAX_PORT = 65_535;

  private final int timeoutMs;
  private final boolean allowsPlainHttp;
  private final @Nullable KeyStore roots;
  private final Pins pins;
  private final Opener opener;

  private Transport(
      int timeoutMs, boolean allowsPlainHttp, @Nullable KeyStore roots, Pins pins, Opener opener) {
    this.timeoutMs = timeoutMs;
    this.allowsPlainHttp = allowsPlainHttp;
    this.roots = roots;
    this.pins = pins;
    this.opener = opener;
  }

  /** Asks the platform for a connection. */
  interface Opener {
    /** Opens nothing yet: it only names what is to be connected with, directly or as the platform's settings say. */
    HttpURLConnection open(URL url, boolean directly) throws IOException;
  }

  /** By https, and to this device itself by http; whose certificates the platform believes; no pins. */
  public static Transport standard() {
    try {
      Pins none = new Pins(Collections.emptyList());
      return new Transport(TIMEOUT_MS, false, null, none, Transport::openByPlatform);
    } catch (SettingException error) {
      throw new IllegalStateException(error); // there is no pin to be wrong
    }
  }

  private static HttpURLConnection openByPlatform(URL url, boolean directly) throws IOException {
    return (HttpURLConnection) (directly ? url.openConnection(Proxy.NO_PROXY) : url.openConnection());
  }

  /** Also by http to other machines: token and features travel in the open. For builds that are not shipped. */
  public Transport allowingPlainHttp() {
    return new Transport(timeoutMs, true, roots, pins, opener);
  }

  /** With another time-out, at least 1: of a number below that there is an {@code IllegalArgumentException}. */
  public Transport timingOutAfter(int milliseconds) {
    if (milliseconds < 1) {
      throw new IllegalArgumentException("milliseconds: expected at least 1, got " + milliseconds);
    }
    return new Transport(milliseconds, allowsPlainHttp, roots, pins, opener);
  }

  /**
   * Believing in these certificates instead of the platform's, as those of one's own authority.
   *
   * @param pem one or more
   */
  public Transport trusting(byte[] pem) throws SettingException {
    return new Transport(timeoutMs, allowsPlainHttp, rootsOf(pem), pins, opener);
  }

  /**
   * Only to services for which one of these keys vouches.
   *
   * @param sha256 of SubjectPublicKeyInfo, in base64
   */
  public Transport pinning(Collection<String> sha256) throws SettingException {
    return new Transport(timeoutMs, allowsPlainHttp, roots, new Pins(sha256), opener);
  }

  Transport opening(Opener other) {
    return new Transport(timeoutMs, allowsPlainHttp, roots, pins, other);
  }

  private static KeyStore rootsOf(byte[] pem) throws SettingException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("root-" + store.size(), certificate);
      }
      if (certificates.isEmpty()) {
        throw new SettingException("certificates: expected one at least, got none");
      }
      return store;
    } catch (CertificateException error) {
      throw new SettingException("certificates: expected PEM, got " + Printable.of(String.valueOf(error.getMessage())));
    } catch (GeneralSecurityException | IOException error) {
      throw new IllegalStateException(error); // every platform keeps certificates in memory
    }
  }

  int timeoutMs() {
    return timeoutMs;
  }

  /**
   * Makes the way to a service.
   *
   * @throws SettingException not an address of a service, or one by plain http that is not allowed: by this transport, or
   *     by the platform, as the app says in its network security configuration
   */
  Route to(String address) throws SettingException {
    URL url = parsed(address);
    boolean isLocal = Loopback.is(url.getHost());
    boolean isSecure = url.getProtocol().equals("https");
    if (!isSecure && !isLocal && !allowsPlainHttp) {
      throw new SettingException("address: expected https, as features and token are private, got " + shown(address));
    }
    if (!isSecure && !NetworkSecurityPolicy.getInstance().isCleartextTrafficPermitted(url.getHost())) {
      throw new SettingException("address: expected https, as the app's network security configuration lets no http go "
          + "there, got " + shown(address));
    }
    return new Route(url, isLocal, isSecure ? sockets() : null, this);
  }

  private static URL parsed(String address) throws SettingException {
    if (address.length() > Identity.MAX_URL_CHARACTERS) {
      throw new SettingException("address: expected at most " + Identity.MAX_URL_CHARACTERS + " characters, got "
          + address.length());
    }
    try {
      URI uri = new URI(address);
      boolean isPlain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
      boolean isWeb = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
      if (isPlain && isWeb && uri.getHost() != null && uri.getPort() <= MAX_PORT) {
        return uri.toURL();
      }
    } catch (URISyntaxException | MalformedURLException error) {
      // Said below, without repeating what may be private.
    }
    throw new SettingException("address: expected one like https://fedex.example.org, got " + shown(address));
  }

  private static String shown(String address) {
    return Printable.of(address.replaceFirst("//[^/]*@", "//...@"));
  }

  private SSLSocketFactory sockets() {
    if (roots == null && pins.isEmpty()) {
      return new SmallBuffers(HttpsURLConnection.getDefaultSSLSocketFactory());
    }
    try {
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(roots);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {pinned(factory.getTrustManagers())}, null);
      return new SmallBuffers(context.getSocketFactory());
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error); // every platform has TLS
    }
  }

  private TrustManager pinned(TrustManager[] managers) {
    for (TrustManager manager : managers) {
      if (manager instanceof X509ExtendedTrustManager) {
        return pins.isEmpty() ? manager : new PinningTrustManager((X509ExtendedTrustManager) manager, pins);
      }
    }
    throw new IllegalStateException("a platform without trust in certificates"); // Android has it from 7.0 on
  }

  /** The way to one service. */
  static final class Route {
    private final URL url;
    private final boolean isLocal;
    private final @Nullable SSLSocketFactory sockets;
    private final Transport transport;

    private Route(URL url, boolean isLocal, @Nullable SSLSocketFactory sockets, Transport transport) {
      this.url = url;
      this.isLocal = isLocal;
      this.sockets = sockets;
      this.transport = transport;
    }

    boolean isSecure() {
      return sockets != null;
    }

    /** The address without what is private in it, and without a slash at its end. */
    String address() {
      return url.toString().replaceFirst("/+$", "");
    }

    /** Of a body that was handed over, what may not be on the line yet. */
    int waitingBytes() {
      return isSecure() ? 2 * SmallBuffers.BYTES : ON_PLAIN_LINES;
    }

    HttpURLConnection open(String path) throws IOException {
      HttpURLConnection connection = transport.opener.open(new URL(address() + path), isLocal);
      if (sockets != null) {
        ((HttpsURLConnection) connection).setSSLSocketFactory(sockets);
      }
      return connection;
    }
  }
}
