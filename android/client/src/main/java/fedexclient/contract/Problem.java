package fedexclient.contract;

import java.util.Locale;

/** The type of a problem document; it never changes, whatever its title says. */
public enum Problem {
  MALFORMED(400),
  UNSUPPORTED_VERSION(400),
  UNAUTHENTICATED(401),
  FORBIDDEN(403),
  UNKNOWN_SPACE(404),
  UNKNOWN_PATH(404),
  NOT_FOUND(404),
  NOT_ACCEPTABLE(406),
  RETIRED_SPACE(410),
  METHOD_NOT_ALLOWED(405),
  LENGTH_REQUIRED(411),
  TOO_LARGE(413),
  UNSUPPORTED_MEDIA_TYPE(415),
  RANGE_NOT_SATISFIABLE(416),
  IMPOSSIBLE(422),
  WRONG_HASH(422),
  WRONG_SPACE(422),
  SELF_TEST_FAILED(422),
  TOO_MANY_REQUESTS(429),
  INTERNAL(500),
  UNAVAILABLE(503);

  private static final String PREFIX = "urn:fedex:problem:";

  private final int status;

  Problem(int status) {
    this.status = status;
  }

  /** The HTTP status that goes with it. */
  public int status() {
    return status;
  }

  /** The type as documents have it. */
  @Override
  public String toString() {
    return PREFIX + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
