package fedexclient.contract;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** SHA-256, HMAC-SHA256, and how hashes are written: lower-case hexadecimal digits. */
public final class Sha256 {
  /** Of a hash. */
  public static final int BYTES = 32;

  private static final String DIGITS = "0123456789abcdef";

  private Sha256() {}

  /** A digest to be fed piece by piece. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error); // every Java and every Android has it
    }
  }

  /** The hash of some parts, one after another. */
  public static byte[] of(byte[]... parts) {
    MessageDigest digest = digest();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  /** The hash in hexadecimal digits. */
  public static String hex(byte[]... parts) {
    return hexDigits(of(parts));
  }

  /** A keyed hash to be fed piece by piece. */
  static Mac keyed(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (InvalidKeyException error) {
      throw new IllegalArgumentException(error); // an empty key; callers have checked its length
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Writes bytes in hexadecimal digits. */
  public static String hexDigits(byte[] bytes) {
    StringBuilder digits = new StringBuilder(2 * bytes.length);
    for (byte one : bytes) {
      digits.append(DIGITS.charAt(one >> 4 & 15)).append(DIGITS.charAt(one & 15));
    }
    return digits.toString();
  }

  /** Reads an even number of lower-case hexadecimal digits, as the patterns of names let them through. */
  static byte[] bytesOf(String digits) {
    byte[] bytes = new byte[digits.length() / 2];
    for (int index = 0; index < bytes.length; index++) {
      int high = DIGITS.indexOf(digits.charAt(2 * index));
      bytes[index] = (byte) (high << 4 | DIGITS.indexOf(digits.charAt(2 * index + 1)));
    }
    return bytes;
  }
}
