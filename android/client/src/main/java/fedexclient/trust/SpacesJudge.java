package fedexclient.trust;

import fedexclient.contract.ContractException;
import fedexclient.contract.PublicKey;
import fedexclient.contract.SpaceList;

/** Judges a list of a group's spaces as releases are judged: signature, form, group, serial, expiry. */
public final class SpacesJudge {
  private final PublicKey key;
  private final String group;
  private final Floor floor;

  /** Makes a judge by the pinned key, or by one that this leads to; the floor is of the list that was believed last. */
  public SpacesJudge(PublicKey key, String group, Floor floor) {
    this.key = key;
    this.group = group;
    this.floor = floor;
  }

  /** Returns the list if it may be believed. */
  public SpaceList judge(byte[] data, Clocks clocks) throws UntrustedException {
    SpaceList spaces = parse(SignedPayload.of(data, key, SpaceList.PAYLOAD_TYPE, SpaceList.MAX_BYTES));
    if (!spaces.group().equals(group)) {
      throw new MisplacedException("spaces: expected group " + group + ", got " + spaces.group());
    }
    floor.check(spaces.serial());
    if (spaces.serial() != floor.serial()) {
      clocks.check(spaces.expires(), floor.issued());
    }
    return spaces;
  }

  private static SpaceList parse(byte[] payload) throws ProtocolViolationException {
    try {
      return SpaceList.parse(payload);
    } catch (ContractException error) {
      throw new ProtocolViolationException(error);
    }
  }
}
