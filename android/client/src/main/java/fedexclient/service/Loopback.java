package fedexclient.service;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which hosts are this device itself, so that the way to them needs no TLS and leads through no proxy: {@code
 * localhost}, 127.0.0.0/8 in four plain numbers, {@code ::1}. Another spelling needs TLS.
 */
final class Loopback {
  private static final Pattern ADDRESS =
      Pattern.compile("localhost\\.?|127(\\.(0|[1-9][0-9]{0,2})){3}|\\[(::1|0:0:0:0:0:0:0:1)\\]");

  private Loopback() {}

  /** Whether a host, as a URL names it, is this device. Asks no resolver. */
  static boolean is(String host) {
    return ADDRESS.matcher(host.toLowerCase(Locale.ROOT)).matches();
  }
}
