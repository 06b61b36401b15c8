package fedexclient.contract;

import org.jspecify.annotations.Nullable;

/** One Ed25519 signature by the key of an id. Not verified. */
public final class Signature {
  /** Of a signature. */
  public static final int BYTES = 64;

  private final String keyId;
  private final byte[] bytes;

  private Signature(String keyId, byte[] bytes) {
    this.keyId = keyId;
    this.bytes = bytes;
  }

  /** Reads a signature; null where it is of a kind that came later, or broken: no key of ours has made it. */
  static @Nullable Signature parse(@Nullable Object value) {
    try {
      Fields fields = Fields.of(value, "envelope.signatures");
      return new Signature(fields.name("keyid", Names.KEY_ID), fields.exactly("sig", BYTES));
    } catch (ContractException error) {
      return null;
    }
  }

  /** 16 hexadecimal digits; by itself it proves nothing. */
  public String keyId() {
    return keyId;
  }

  public byte[] bytes() {
    return bytes.clone();
  }
}
