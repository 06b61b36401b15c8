package fedexclient;

import org.junit.Assume;

/**
 * What a test needs beside the library: a bundle that Python exported, a service that runs, qemu.
 *
 * <p>A test that lacks it is skipped, with the reason; where {@code FEDEX_REQUIRE_ALL} is 1, as in continuous
 * integration, it fails. What no command can bring to a machine, as the right to mount, is assumed and not required.
 */
public final class Missing {
  private Missing() {}

  /**
   * Ends a test, of either JUnit, unless that is there.
   *
   * @param reason what is not there, and what brings it
   */
  public static void unless(boolean isThere, String reason) {
    unless(isThere, reason, "1".equals(System.getenv("FEDEX_REQUIRE_ALL")));
  }

  static void unless(boolean isThere, String reason, boolean isRequired) {
    if (!isThere && isRequired) {
      throw new AssertionError("required here: " + reason);
    }
    Assume.assumeTrue(reason, isThere);
  }
}
