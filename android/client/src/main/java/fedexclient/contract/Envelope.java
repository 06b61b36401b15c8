package fedexclient.contract;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Exact payload bytes with their type and signatures, in the JSON form of DSSE.
 *
 * <p>Nothing in it may be believed before it is verified, and no cryptography is done here.
 */
public final class Envelope {
  /** The media type. */
  public static final String MEDIA_TYPE = "application/vnd.fedex.envelope+json";

  /** Of an envelope of a manifest. */
  public static final int MAX_BYTES = 4 << 20;

  /** Of one envelope. */
  public static final int MAX_SIGNATURES = 16;

  private final byte[] payload;
  private final String payloadType;
  private final List<Signature> signatures;

  private Envelope(byte[] payload, String payloadType, List<Signature> signatures) {
    this.payload = payload;
    this.payloadType = payloadType;
    this.signatures = signatures;
  }

  /** Reads an envelope; signatures of another kind are left out. */
  public static Envelope parse(byte[] data, int maxBytes) throws ContractException {
    return of(JsonReader.readDocument(data, "envelope", maxBytes), maxBytes);
  }

  /** Reads an envelope that is an object of a document. */
  static Envelope of(Fields fields, int maxBytes) throws ContractException {
    byte[] payload = fields.binary("payload", maxBytes);
    String payloadType = fields.name("payloadType", Names.SOFTWARE);
    List<Signature> signatures = new ArrayList<>();
    for (Object value : fields.items("signatures", MAX_SIGNATURES)) {
      @Nullable Signature signature = Signature.parse(value);
      if (signature != null) {
        signatures.add(signature);
      }
    }
    if (signatures.isEmpty()) {
      String expected = "a signature of " + Signature.BYTES + " bytes with its key's id";
      throw new ImpossibleException(fields.place("signatures"), expected, "none");
    }
    return new Envelope(payload, payloadType, Collections.unmodifiableList(signatures));
  }

  public byte[] payload() {
    return payload.clone();
  }

  public String payloadType() {
    return payloadType;
  }

  public List<Signature> signatures() {
    return signatures;
  }

  /** What the signatures are of: not the payload, so that none of one type passes for another. */
  public byte[] signedBytes() {
    byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
    String head = "DSSEv1 " + type.length + " " + payloadType + " " + payload.length + " ";
    return TensorFile.join(head.getBytes(StandardCharsets.UTF_8), payload);
  }
}
