package fedexclient.contract;

import java.util.regex.Pattern;

/** What names and ids look like; each pattern is of the whole. */
public final class Names {
  /** A sha256: of a space, an upload, an object, a release. */
  public static final Pattern HEX64 = Pattern.compile("[0-9a-f]{64}");

  /** The id of a verification key. */
  public static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{16}");

  /** What people compare of a verification key. */
  public static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{32}");

  /** A group's name. */
  public static final Pattern GROUP = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  /** A device's id, chosen by the service. */
  public static final Pattern DEVICE = Pattern.compile("[a-z0-9][a-z0-9-]{7,63}");

  /** An enrolment code. */
  public static final Pattern CODE = Pattern.compile("[\\x21-\\x7e]{1,128}");

  /** A bearer token. */
  public static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]{16,256}");

  /** A name within software: cut, layer, kind of quantisation, runtime with its version. */
  public static final Pattern SOFTWARE = Pattern.compile("[\\x20-\\x7e]{1,128}");

  private Names() {}

  /** Returns the name if it is one. */
  public static String check(String name, Pattern pattern, String where) throws MalformedException {
    if (!pattern.matcher(name).matches()) {
      throw new MalformedException(where, "text like " + pattern.pattern(), Shown.of(name));
    }
    return name;
  }
}
