package fedexclient.contract;

import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a service is, what lets a device in, and how to know the service's key: what a QR code holds.
 *
 * <pre>fedex://enrol?v=1&amp;url=https%3A%2F%2Ffedex.example.org&amp;code=kitchen-42&amp;key=&lt;32 hex&gt;</pre>
 */
public final class Invitation {
  /** Of the text. */
  public static final int MAX_CHARACTERS = 2_048;

  private static final String BEGINNING = "fedex://enrol?";
  private static final String VERSION = "1";
  private static final String WHERE = "invitation";
  private static final Pattern SPELT = Pattern.compile("[A-Za-z0-9._~%-]*");
  private static final Pattern NO_ESCAPE = Pattern.compile("%(?![0-9A-F]{2})");
  private static final Pattern URL = Pattern.compile("https?://[\\x21-\\x7e]+");

  private final String url;
  private final String code;
  private final String fingerprint;

  private Invitation(Map<String, String> values) throws ContractException {
    url = checked(values, "url", URL);
    code = checked(values, "code", Names.CODE);
    fingerprint = checked(values, "key", Names.FINGERPRINT);
  }

  /** Reads what a code for scanning holds; no message repeats the enrolment code. */
  public static Invitation parse(String text) throws ContractException {
    int characters = text.codePointCount(0, text.length());
    if (characters > MAX_CHARACTERS) {
      throw new TooLargeException(WHERE, "at most " + MAX_CHARACTERS + " characters", Integer.toString(characters));
    }
    if (!text.startsWith(BEGINNING)) {
      throw new MalformedException(WHERE, BEGINNING + "...", "another beginning");
    }
    Map<String, String> values = parseQuery(text.substring(BEGINNING.length()));
    if (!VERSION.equals(values.get("v"))) {
      throw new UnsupportedVersionException(WHERE + ".v", VERSION, Shown.of(values.get("v")));
    }
    return new Invitation(values);
  }

  private static Map<String, String> parseQuery(String query) throws MalformedException {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : query.split("&", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? null : decoded(part.substring(0, equals));
      String value = equals < 0 ? null : decoded(part.substring(equals + 1));
      // Names are compared as they are spelt, which is in one way.
      if (name == null || value == null || values.put(name, value) != null) {
        String expected = "name=value, each name once, other characters escaped";
        throw new MalformedException(WHERE, expected, part.length() + " characters of something else");
      }
    }
    return values;
  }

  /** Decodes what a writer spells so: UTF-8, and nothing escaped that need not be; null for all else. */
  private static @Nullable String decoded(String spelt) {
    if (!SPELT.matcher(spelt).matches() || NO_ESCAPE.matcher(spelt).find()) {
      return null;
    }
    try {
      String decoded = URLDecoder.decode(spelt, "UTF-8");
      return encoded(decoded).equals(spelt) ? decoded : null;
    } catch (UnsupportedEncodingException error) {
      throw new IllegalStateException(error); // every platform has UTF-8
    }
  }

  /** The platform's encoder is that of forms: a space is +, a star stays, and a tilde is escaped. */
  private static String encoded(String text) throws UnsupportedEncodingException {
    return URLEncoder.encode(text, "UTF-8").replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
  }

  private static String checked(Map<String, String> values, String name, Pattern pattern) throws ContractException {
    @Nullable String value = values.get(name);
    if (value == null) {
      throw new MalformedException(WHERE + "." + name, "a value", "nothing");
    }
    if (!pattern.matcher(value).matches()) {
      throw new ImpossibleException(WHERE + "." + name, "text like " + pattern.pattern(), "another text");
    }
    return value;
  }

  /** Where the service is. */
  public String url() {
    return url;
  }

  /** The enrolment code: a secret. */
  public String code() {
    return code;
  }

  /** Of the service's key, or of one before it: 32 hexadecimal digits. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Writes the invitation; the same one gives the same text. */
  public String encode() {
    try {
      return BEGINNING + "v=" + VERSION + "&url=" + encoded(url) + "&code=" + encoded(code) + "&key=" + fingerprint;
    } catch (UnsupportedEncodingException error) {
      throw new IllegalStateException(error); // every platform has UTF-8
    }
  }
}
