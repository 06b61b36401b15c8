package fedexclient.contract;

import java.util.Base64;

/** Standard base64 with padding (RFC 4648, section 4), without line ends, unused bits zero. */
public final class Base64Text {
  private Base64Text() {}

  /** Writes bytes. */
  public static String encode(byte[] data) {
    return Base64.getEncoder().encodeToString(data);
  }

  static byte[] decode(String text, String where, int maxBytes) throws ContractException {
    if (text.length() > 4 * ((maxBytes + 2L) / 3)) {
      throw new TooLargeException(where, "base64 of " + maxBytes + " bytes at most", text.length() + " characters");
    }
    byte[] data = decodeOrNothing(text);
    // The platform's decoder takes text without padding, and unused bits that are not zero.
    if (data.length == 0 && !text.isEmpty() || !encode(data).equals(text)) {
      throw new MalformedException(where, "standard base64 with padding", Shown.of(text));
    }
    if (data.length > maxBytes) {
      throw new TooLargeException(where, "at most " + maxBytes + " bytes", data.length + " bytes");
    }
    return data;
  }

  private static byte[] decodeOrNothing(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException error) {
      return new byte[0];
    }
  }

}
