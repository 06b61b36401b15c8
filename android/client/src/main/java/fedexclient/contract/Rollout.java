package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** For how many devices a release is; a share that rises lets others in, and none out. */
public final class Rollout {
  /** All devices; a share is a number of these parts. */
  public static final int PARTS = 10_000;

  private static final byte[] PURPOSE = "fedex-share-1".getBytes(StandardCharsets.US_ASCII);
  private static final int PLACE_BITS = 32;

  private final String id;
  private final long share;

  private Rollout(String id, long share) {
    this.id = id;
    this.share = share;
  }

  static Rollout parse(Fields fields) throws ContractException {
    return new Rollout(fields.name("id", Names.HEX64), fields.integer("share", 0, PARTS));
  }

  /** 64 hexadecimal digits, the same as long as the release has the same head. */
  public String id() {
    return id;
  }

  /** 0 to {@link #PARTS}. */
  public long share() {
    return share;
  }

  /** Whether the release is for a device, by its id. */
  public boolean includes(String device) {
    return placeOf(device) * PARTS < share << PLACE_BITS;
  }

  /** A device's place in this roll-out, of 2^32. */
  long placeOf(String device) {
    byte[] digest = Sha256.of(PURPOSE, Sha256.bytesOf(id), device.getBytes(StandardCharsets.US_ASCII));
    return ByteBuffer.wrap(digest).getInt() & 0xffffffffL;
  }
}
