package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a service answers to prove itself; whether it is right, the device alone can tell. */
public final class ProofReply {
  /** Of a request or a reply. */
  public static final int MAX_BYTES = 4 << 10;

  private static final int PROOF_BYTES = 32;
  private static final int MAX_NEXT = 16;

  private final List<byte[]> proofs;

  private ProofReply(List<byte[]> proofs) {
    this.proofs = proofs;
  }

  public static ProofReply parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "proof", MAX_BYTES);
    List<byte[]> proofs = new ArrayList<>();
    proofs.add(fields.exactly("proof", PROOF_BYTES));
    if (fields.has("next")) {
      for (Object value : fields.items("next", MAX_NEXT)) {
        proofs.add(proof(value, fields.place("next")));
      }
    }
    return new ProofReply(Collections.unmodifiableList(proofs));
  }

  private static byte[] proof(@Nullable Object value, String where) throws ContractException {
    return Fields.of(Collections.singletonMap("proof", value), where).exactly("proof", PROOF_BYTES);
  }

  /** By the token, and by those that were given out and have not been used yet. */
  List<byte[]> proofs() {
    return proofs;
  }
}
