package fedexclient.contract;

import java.nio.charset.StandardCharsets;

/** Names a device by a secret of its own, so that it can show that it is the same one. */
public final class DeviceId {
  private static final byte[] PURPOSE = "fedex-device-1".getBytes(StandardCharsets.US_ASCII);
  private static final int DIGITS = 32;

  private DeviceId() {}

  /** The id of the device that has a secret, in a group. */
  public static String of(byte[] secret, String group) {
    return Sha256.hex(PURPOSE, secret, group.getBytes(StandardCharsets.US_ASCII)).substring(0, DIGITS);
  }
}
