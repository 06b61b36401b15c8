package fedexclient.trust;

import fedexclient.contract.BundleFacts;
import fedexclient.contract.Channel;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.Manifest;

/** Where a release must be from: the device's group, the channel it follows, and what its bundle says. */
public final class Place {
  private final String group;
  private final Channel channel;
  private final BundleFacts facts;
  private final String goldenSample;

  private Place(String group, Channel channel, BundleFacts facts, String goldenSample) {
    this.group = group;
    this.channel = channel;
    this.facts = facts;
    this.goldenSample = goldenSample;
  }

  public static Place of(String group, Channel channel, DeviceBundle bundle) {
    return new Place(group, channel, bundle.facts(), bundle.goldenSample());
  }

  void check(Manifest manifest) throws MisplacedException {
    check("group", group, manifest.group());
    check("space", facts.space(), manifest.space());
    check("channel", channel, manifest.channel());
    check("cut", facts.cut(), manifest.cut());
    FeatureShape shape = facts.shape();
    check("shape", shape, manifest.shape());
    check("golden sample", goldenSample, manifest.goldenSample());
  }

  private static void check(String name, Object expected, Object got) throws MisplacedException {
    if (!expected.equals(got)) {
      throw new MisplacedException("release: expected " + name + " " + expected + ", got " + got);
    }
  }
}
