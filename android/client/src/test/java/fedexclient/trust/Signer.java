package fedexclient.trust;

import fedexclient.contract.Golden;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** A service that only signs, for tests. */
public final class Signer {
  private final byte[] secret;

  public Signer(byte[] secret) {
    this.secret = secret;
  }

  public PublicKey key() throws Exception {
    byte[] key = new byte[Ed25519.PUBLIC_KEY_SIZE];
    Ed25519.generatePublicKey(secret, 0, key, 0);
    return PublicKey.of(key);
  }

  /** An envelope of a payload, with a signature. */
  public byte[] seal(String payloadType, byte[] payload) throws Exception {
    Base64.Encoder base64 = Base64.getEncoder();
    String envelope = "{\"payload\":\"" + base64.encodeToString(payload) + "\",\"payloadType\":\"" + payloadType
        + "\",\"signatures\":[{\"keyid\":\"" + key().id() + "\",\"sig\":\""
        + base64.encodeToString(sign(payloadType, payload)) + "\"}]}";
    return envelope.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] sign(String payloadType, byte[] payload) throws Exception {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    String head = "DSSEv1 " + payloadType.length() + " " + payloadType + " " + payload.length + " ";
    message.write(head.getBytes(StandardCharsets.UTF_8));
    message.write(payload);
    byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
    Ed25519.sign(secret, 0, message.toByteArray(), 0, message.size(), signature, 0);
    return signature;
  }

  public static Signer golden() {
    return new Signer(hex((String) ((Map<?, ?>) Golden.json("key.json")).get("private")));
  }

  public static Signer another() {
    return new Signer(Sha256.of(new byte[] {7}));
  }

  private static byte[] hex(String digits) {
    byte[] bytes = new byte[digits.length() / 2];
    for (int index = 0; index < bytes.length; index++) {
      bytes[index] = (byte) Integer.parseInt(digits.substring(2 * index, 2 * index + 2), 16);
    }
    return bytes;
  }
}
