package fedexclient.contract;

import java.util.Arrays;
import java.util.Locale;

/** A raw Ed25519 public key, and how it is named. */
public final class PublicKey {
  /** Of a key. */
  public static final int BYTES = 32;

  private static final int KEY_ID_DIGITS = 16;
  private static final int FINGERPRINT_DIGITS = 32;
  private static final int GROUP_DIGITS = 4;

  private final byte[] bytes;

  private PublicKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Makes a key of its bytes.
   *
   * @throws ImpossibleException not 32 bytes
   */
  public static PublicKey of(byte[] bytes) throws ImpossibleException {
    if (bytes.length != BYTES) {
      throw new ImpossibleException("key", BYTES + " bytes", bytes.length + " bytes");
    }
    return new PublicKey(bytes.clone());
  }

  /** Reads the field that holds a key. */
  public static PublicKey parse(Fields fields, String key) throws ContractException {
    return new PublicKey(fields.exactly(key, BYTES));
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  /** What signatures call it: 16 hexadecimal digits. */
  public String id() {
    return Sha256.hex(bytes).substring(0, KEY_ID_DIGITS);
  }

  /** What people compare of it: 32 hexadecimal digits. */
  public String fingerprint() {
    return Sha256.hex(bytes).substring(0, FINGERPRINT_DIGITS);
  }

  /** Writes a fingerprint for people: groups of four digits, joined by hyphens. */
  public static String shownFingerprint(String digits) {
    StringBuilder shown = new StringBuilder();
    for (int begin = 0; begin < digits.length(); begin += GROUP_DIGITS) {
      shown.append(begin == 0 ? "" : "-").append(digits, begin, Math.min(begin + GROUP_DIGITS, digits.length()));
    }
    return shown.toString();
  }

  /**
   * Reads a fingerprint as somebody typed it: in any case, with hyphens and spaces.
   *
   * @throws MalformedException it is not 32 hexadecimal digits
   */
  public static String typedFingerprint(String text) throws MalformedException {
    String digits = text.replace("-", "").replace(" ", "").toLowerCase(Locale.ROOT);
    return Names.check(digits, Names.FINGERPRINT, "fingerprint");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey && Arrays.equals(((PublicKey) other).bytes, bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return id();
  }
}
