package fedexclient.pull;

import fedexclient.contract.Channel;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Precision;
import fedexclient.heads.ReleaseLine;
import fedexclient.service.Identity;

/** Which releases a device follows: those of its group, for its bundle, in one channel. */
public final class Subscription {
  private final DeviceBundle bundle;
  private final Identity identity;
  private final Channel channel;
  private final Precision precision;

  /**
   * Says what is followed.
   *
   * @param precision the wanted one; where a release does not offer it, or it does not work here, another is taken
   */
  public Subscription(DeviceBundle bundle, Identity identity, Channel channel, Precision precision) {
    this.bundle = bundle;
    this.identity = identity;
    this.channel = channel;
    this.precision = precision;
  }

  DeviceBundle bundle() {
    return bundle;
  }

  Identity identity() {
    return identity;
  }

  /** Whether it is that of a device, in its group. */
  boolean isOf(Identity device) {
    return identity.device().equals(device.device()) && identity.origin().equals(device.origin());
  }

  Channel channel() {
    return channel;
  }

  /** The wanted one. */
  Precision precision() {
    return precision;
  }

  String space() {
    return bundle.facts().space();
  }

  ReleaseLine line() {
    return new ReleaseLine(identity.group(), space(), channel.toString());
  }
}
