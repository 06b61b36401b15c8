package fedexclient.pull;

import fedexclient.contract.ContractException;
import fedexclient.contract.Golden;
import fedexclient.contract.SpaceList;

/** The list of spaces that a device keeps, as bytes that somebody may have changed. */
public final class KeptSpaces {
  private KeptSpaces() {}

  public static byte[] written() throws ContractException {
    return KnownSpaces.of("family@0123456789abcdef", SpaceList.parse(Golden.bytes("spaces.json")), "\"1\"").encode();
  }

  /** Reads a list; what was read is written and read again. */
  public static void read(byte[] data) throws ContractException {
    byte[] again = KnownSpaces.parse(data).encode();
    try {
      KnownSpaces.parse(again);
    } catch (ContractException error) {
      throw new AssertionError(error);
    }
  }
}
