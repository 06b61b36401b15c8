package fedexclient.contract;

/** What the service says of a device's wish that its samples be erased: that it is kept, and under which id. */
public final class ErasureReply {
  /** Of a reply. */
  public static final int MAX_BYTES = 4 << 10;

  private final String erasure;

  private ErasureReply(String erasure) {
    this.erasure = erasure;
  }

  public static ErasureReply parse(byte[] data) throws ContractException {
    return new ErasureReply(JsonReader.readDocument(data, "erasure", MAX_BYTES).name("erasure", Names.FINGERPRINT));
  }

  /** 32 hexadecimal digits, for the operator. */
  public String erasure() {
    return erasure;
  }
}
