package fedexclient.service;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Says in a few words why there was no answer; what platforms say differs, and fills lines. */
final class Reason {
  private Reason() {}

  static String of(Throwable error) {
    @Nullable Throwable cause = error;
    while (cause != null) {
      String known = known(cause);
      if (known != null) {
        return known;
      }
      cause = cause.getCause();
    }
    return "the connection broke";
  }

  private static @Nullable String known(Throwable cause) {
    if (cause instanceof SlowException || cause instanceof SocketTimeoutException) {
      return "too little progress within the time-out";
    }
    if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
      return "its certificate is not trusted: " + Printable.of(String.valueOf(innermost(cause).getMessage()));
    }
    if (cause instanceof UnknownHostException) {
      return "no address is known for it";
    }
    if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
      return "nobody answers there";
    }
    return null;
  }

  private static Throwable innermost(Throwable error) {
    @Nullable Throwable cause = error.getCause();
    return cause == null ? error : innermost(cause);
  }
}
