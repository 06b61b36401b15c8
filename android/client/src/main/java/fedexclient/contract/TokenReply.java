package fedexclient.contract;

/** What the service gives a device in place of its token, which counts until this one is used. */
public final class TokenReply {
  /** Of a reply. */
  public static final int MAX_BYTES = 4 << 10;

  private final String token;

  private TokenReply(String token) {
    this.token = token;
  }

  public static TokenReply parse(byte[] data) throws ContractException {
    return new TokenReply(parseToken(JsonReader.readDocument(data, "token", MAX_BYTES)));
  }

  /** Reads the field {@code token}; no message repeats it. */
  public static String parseToken(Fields fields) throws ContractException {
    String token = fields.text("token");
    if (!Names.TOKEN.matcher(token).matches()) {
      throw new MalformedException(fields.place("token"), "a bearer token", "another text");
    }
    return token;
  }

  /** A secret. */
  public String token() {
    return token;
  }
}
