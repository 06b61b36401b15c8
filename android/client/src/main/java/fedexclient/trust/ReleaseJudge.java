package fedexclient.trust;

import fedexclient.contract.ContractException;
import fedexclient.contract.Envelope;
import fedexclient.contract.Manifest;
import fedexclient.contract.PublicKey;

/**
 * Judges a release: bytes in, a manifest that may be believed out, or a typed error.
 *
 * <pre>
 * 1. length    at most 4 MiB                                    ProtocolViolationException
 * 2. envelope  the DSSE form                                    ProtocolViolationException
 * 3. signature by the pinned key, over type and exact bytes     ForgedException
 * 4. form      the manifest's                                   ProtocolViolationException
 * 5. place     group, space, channel, cut, shape, golden        MisplacedException
 * 6. expiry    of a manifest that was never installed           ExpiredException
 * 7. serial    lower than the newest ever installed, or seen    ReplayedException
 *              equal: nothing new, told by comparing the serials
 * </pre>
 *
 * <p>Nothing is looked at before what comes earlier has held.
 */
public final class ReleaseJudge {
  private final PublicKey key;
  private final Place place;
  private final Floor floor;

  /** Makes a judge by the pinned key, or by one that this leads to. */
  public ReleaseJudge(PublicKey key, Place place, Floor floor) {
    this.key = key;
    this.place = place;
    this.floor = floor;
  }

  /** Returns the manifest if it may be believed; its serial is the floor's, or higher. */
  public Manifest judge(byte[] data, Clocks clocks) throws UntrustedException {
    Manifest manifest = parse(SignedPayload.of(data, key, Manifest.PAYLOAD_TYPE, Envelope.MAX_BYTES));
    place.check(manifest);
    if (manifest.serial() != floor.serial()) {
      clocks.check(manifest.expires(), floor.issued());
    }
    floor.check(manifest.serial());
    return manifest;
  }

  private static Manifest parse(byte[] payload) throws ProtocolViolationException {
    try {
      return Manifest.parse(payload);
    } catch (ContractException error) {
      throw new ProtocolViolationException(error);
    }
  }
}
