package fedexclient.service;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Believes what another one believes, if a pinned key vouches for it too: in every handshake, a repeated one too. */
final class PinningTrustManager extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager platform;
  private final Pins pins;

  PinningTrustManager(X509ExtendedTrustManager platform, Pins pins) {
    this.platform = platform;
    this.pins = pins;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    platform.checkServerTrusted(chain, authType, socket);
    pins.check(chain, getAcceptedIssuers());
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    platform.checkServerTrusted(chain, authType, engine);
    pins.check(chain, getAcceptedIssuers());
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
    platform.checkServerTrusted(chain, authType);
    pins.check(chain, getAcceptedIssuers());
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    platform.checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    platform.checkClientTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
    platform.checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return platform.getAcceptedIssuers();
  }
}
