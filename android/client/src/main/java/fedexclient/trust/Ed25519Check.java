package fedexclient.trust;

import fedexclient.contract.Envelope;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Signature;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Verifies Ed25519 signatures of envelopes, by Bouncy Castle's lightweight API.
 *
 * <p>Android has no Ed25519 of its own that can be counted on: it came with updates of Conscrypt in 2025.
 */
final class Ed25519Check {
  private Ed25519Check() {}

  /** Whether one of an envelope's signatures is that of a key, over type and payload. */
  static boolean verifies(Envelope envelope, PublicKey key) {
    byte[] message = envelope.signedBytes();
    for (Signature signature : envelope.signatures()) {
      if (signature.keyId().equals(key.id())
          && Ed25519.verify(signature.bytes(), 0, key.bytes(), 0, message, 0, message.length)) {
        return true;
      }
    }
    return false;
  }
}
