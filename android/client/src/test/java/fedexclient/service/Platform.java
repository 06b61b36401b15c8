package fedexclient.service;

import com.android.okhttp.ConnectionSpec;
import com.android.okhttp.HttpHandler;
import com.android.okhttp.HttpsHandler;
import com.android.okhttp.OkUrlFactory;
import com.android.okhttp.internal.tls.OkHostnameVerifier;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.net.URLStreamHandler;
import java.util.Collections;
import javax.net.ssl.HttpsURLConnection;

/** Whose {@code HttpURLConnection} is tested: the JDK's, or that of Android 14, of its own classes. */
enum Platform implements Transport.Opener {
  JDK {
    @Override
    public HttpURLConnection open(URL url, boolean directly) throws IOException {
      return (HttpURLConnection) (directly ? url.openConnection(Proxy.NO_PROXY) : url.openConnection());
    }
  },
  ANDROID {
    @Override
    public HttpURLConnection open(URL url, boolean directly) throws IOException {
      boolean isSecure = url.getProtocol().equals("https");
      URLStreamHandler handler = isSecure ? new SecureHandler() : new HttpHandler();
      URL androids = new URL(null, url.toString(), handler);
      HttpURLConnection connection =
          (HttpURLConnection) (directly ? androids.openConnection(Proxy.NO_PROXY) : androids.openConnection());
      if (isSecure) {
        // Android's default. The JDK's refuses every host, as it is asked where the JDK itself has refused one.
        ((HttpsURLConnection) connection).setHostnameVerifier(OkHostnameVerifier.INSTANCE);
      }
      return connection;
    }
  };

  /** Android's own, but that it asks the sockets, which are the JDK's here, for no extensions of Android's TLS. */
  private static final class SecureHandler extends HttpHandler {
    @Override
    protected int getDefaultPort() {
      return 443;
    }

    @Override
    protected OkUrlFactory newOkUrlFactory(Proxy proxy) {
      OkUrlFactory factory = HttpsHandler.createHttpsOkUrlFactory(proxy);
      ConnectionSpec androids = factory.client().getConnectionSpecs().get(0);
      ConnectionSpec plain = new ConnectionSpec.Builder(androids).supportsTlsExtensions(false).build();
      factory.client().setConnectionSpecs(Collections.singletonList(plain));
      return factory;
    }
  }

  /** With so much patience. */
  Transport transport(int timeoutMs) {
    return Transport.standard().opening(this).timingOutAfter(timeoutMs);
  }

  Transport transport() {
    return transport(5_000);
  }
}
