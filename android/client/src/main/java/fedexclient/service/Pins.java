package fedexclient.service;

import fedexclient.contract.Sha256;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Keys one of which must vouch for the service, beside what the platform believes: each the sha256 of a certificate's
 * SubjectPublicKeyInfo, in base64.
 *
 * <p>A server may send certificates that have nothing to do with it. Those that count are its own, and those whose key
 * has signed one that counts.
 */
final class Pins {
  private static final Pattern PIN = Pattern.compile("[A-Za-z0-9+/]{43}=");
  private static final int MAX_CERTIFICATES = 16;

  private final Set<String> pins;

  /** Takes pins; none: every key will do. */
  Pins(Collection<String> pins) throws SettingException {
    for (String pin : pins) {
      if (!PIN.matcher(pin).matches()) {
        throw new SettingException("pin: expected a sha256 in base64, got " + Printable.of(pin));
      }
    }
    this.pins = new HashSet<>(pins);
  }

  boolean isEmpty() {
    return pins.isEmpty();
  }

  /** The pin of a certificate. */
  static String of(Certificate certificate) {
    return Base64.getEncoder().encodeToString(Sha256.of(certificate.getPublicKey().getEncoded()));
  }

  /**
   * Refuses a server for which no pinned key vouches.
   *
   * @param sent by the server, its own certificate first, whose key it has shown to have
   * @param roots that the platform, or the app, believes in
   */
  void check(X509Certificate[] sent, X509Certificate[] roots) throws CertificateException {
    List<X509Certificate> others = new ArrayList<>(Arrays.asList(sent));
    List<X509Certificate> counting = new ArrayList<>();
    counting.add(others.remove(0));
    others.addAll(Arrays.asList(roots));
    for (int place = 0; place < counting.size() && counting.size() <= MAX_CERTIFICATES; place++) {
      if (pins.contains(of(counting.get(place)))) {
        return;
      }
      moveSigners(counting.get(place), others, counting);
    }
    throw new CertificateException("none of the keys that vouch for it is pinned");
  }

  private static void moveSigners(
      X509Certificate signed, List<X509Certificate> from, List<X509Certificate> to) {
    for (X509Certificate signer : new ArrayList<>(from)) {
      if (hasSigned(signer, signed)) {
        from.remove(signer);
        to.add(signer);
      }
    }
  }

  private static boolean hasSigned(X509Certificate signer, X509Certificate signed) {
    if (!signer.getSubjectX500Principal().equals(signed.getIssuerX500Principal())) {
      return false;
    }
    try {
      signed.verify(signer.getPublicKey());
      return true;
    } catch (GeneralSecurityException error) {
      return false; // another key of the same name
    }
  }
}
