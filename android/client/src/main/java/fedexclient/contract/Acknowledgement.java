package fedexclient.contract;

/** What the service says of an upload that it has: which one. Only this lets a device forget its samples. */
public final class Acknowledgement {
  /** Of a document. */
  public static final int MAX_BYTES = 4 << 10;

  private final String upload;

  private Acknowledgement(String upload) {
    this.upload = upload;
  }

  public static Acknowledgement parse(byte[] data) throws ContractException {
    return new Acknowledgement(JsonReader.readDocument(data, "acknowledgement", MAX_BYTES).name("upload", Names.HEX64));
  }

  /** The sha256 of its bytes. */
  public String upload() {
    return upload;
  }
}
