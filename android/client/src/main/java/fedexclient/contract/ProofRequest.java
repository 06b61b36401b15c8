package fedexclient.contract;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import javax.crypto.Mac;

/** What a device says to have a service prove itself, and what it judges the answer by. */
public final class ProofRequest {
  /** Of a nonce. */
  public static final int NONCE_BYTES = 32;

  private static final String PURPOSE = "fedex-service-proof-1";

  private final byte[] nonce;

  /**
   * Makes a request of a nonce that was never used, 32 random bytes.
   *
   * @throws ImpossibleException another length
   */
  public ProofRequest(byte[] nonce) throws ImpossibleException {
    if (nonce.length != NONCE_BYTES) {
      throw new ImpossibleException("proof.nonce", NONCE_BYTES + " bytes", nonce.length + " bytes");
    }
    this.nonce = nonce.clone();
  }

  /** Writes the request. */
  public byte[] encode() throws ImpossibleException {
    return JsonWriter.sorted(Collections.singletonMap("nonce", Base64Text.encode(nonce)));
  }

  /** Whether a reply proves that the service knows the token of a device; in constant time. */
  public boolean isAnsweredBy(ProofReply reply, String device, String token) {
    byte[] right = proofFor(device, token);
    boolean proven = false;
    for (byte[] shown : reply.proofs()) {
      proven |= MessageDigest.isEqual(shown, right);
    }
    return proven;
  }

  /** What nobody can answer without the token, and to no other nonce or device. */
  byte[] proofFor(String device, String token) {
    Mac mac = Sha256.keyed(keyOf(token));
    mac.update(PURPOSE.getBytes(StandardCharsets.US_ASCII));
    mac.update(nonce);
    return mac.doFinal(device.getBytes(StandardCharsets.US_ASCII));
  }

  /** What a service need keep of a token. */
  static byte[] keyOf(String token) {
    return Sha256.of(token.getBytes(StandardCharsets.US_ASCII));
  }
}
