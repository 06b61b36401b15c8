package fedexclient.trust;

import com.google.crypto.tink.subtle.Ed25519Verify;
import fedexclient.contract.Envelope;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Signature;
import java.security.GeneralSecurityException;

/**
 * Verifies Ed25519 signatures of envelopes, by Tink.
 *
 * <p>Android has no Ed25519 of its own that can be counted on: it came with updates of Conscrypt in 2025.
 */
final class Ed25519Check {
  private Ed25519Check() {}

  /** Whether one of an envelope's signatures is that of a key, over type and payload. */
  static boolean verifies(Envelope envelope, PublicKey key) {
    byte[] message = envelope.signedBytes();
    for (Signature signature : envelope.signatures()) {
      if (signature.keyId().equals(key.id()) && fits(signature, message, key)) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(Signature signature, byte[] message, PublicKey key) {
    try {
      new Ed25519Verify(key.bytes()).verify(signature.bytes(), message);
      return true;
    } catch (GeneralSecurityException error) {
      return false; // another key's, or none
    }
  }
}
