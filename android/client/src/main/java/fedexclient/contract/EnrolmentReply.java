package fedexclient.contract;

/** What the service gives a device each time it enrols: who it is, another token, and a key of the service. */
public final class EnrolmentReply {
  /** Of a request or a reply. */
  public static final int MAX_BYTES = 4 << 10;

  private final String device;
  private final String token;
  private final String group;
  private final PublicKey key;

  private EnrolmentReply(Fields fields) throws ContractException {
    device = fields.name("device", Names.DEVICE);
    token = TokenReply.parseToken(fields);
    group = fields.name("group", Names.GROUP);
    key = PublicKey.parse(fields, "key");
  }

  public static EnrolmentReply parse(byte[] data) throws ContractException {
    return new EnrolmentReply(JsonReader.readDocument(data, "enrolment", MAX_BYTES));
  }

  public String device() {
    return device;
  }

  /** A secret. */
  public String token() {
    return token;
  }

  public String group() {
    return group;
  }

  /** What releases are signed with now; the device pins it, or a later one. */
  public PublicKey key() {
    return key;
  }
}
