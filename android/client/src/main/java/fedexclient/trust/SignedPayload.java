package fedexclient.trust;

import fedexclient.contract.ContractException;
import fedexclient.contract.Envelope;
import fedexclient.contract.PublicKey;

/** The payload of an envelope that a key has signed as what it is. */
final class SignedPayload {
  private SignedPayload() {}

  /** Returns the payload; nothing of it is read yet. */
  static byte[] of(byte[] data, PublicKey key, String payloadType, int maxBytes)
      throws ProtocolViolationException, ForgedException {
    Envelope envelope = parse(data, maxBytes);
    if (!envelope.payloadType().equals(payloadType)) {
      throw new ForgedException("signed document: expected payload type " + payloadType + ", got another");
    }
    if (!Ed25519Check.verifies(envelope, key)) {
      throw new ForgedException("signed document: expected a signature of the pinned key " + key + ", got none");
    }
    return envelope.payload();
  }

  private static Envelope parse(byte[] data, int maxBytes) throws ProtocolViolationException {
    try {
      return Envelope.parse(data, maxBytes);
    } catch (ContractException error) {
      throw new ProtocolViolationException(error);
    }
  }
}
