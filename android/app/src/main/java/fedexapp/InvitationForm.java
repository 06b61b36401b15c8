package fedexapp;

import fedexclient.contract.ContractException;
import fedexclient.contract.Invitation;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Makes an invitation of what was pasted, or of its parts. Pure. */
final class InvitationForm {
  private static final String PLAIN = "-._~";

  private InvitationForm() {}

  /** Reads a pasted invitation; what was copied around it, as spaces, is left out. */
  static Invitation read(String pasted) throws ContractException {
    return Invitation.parse(pasted.trim());
  }

  /** Puts parts together as they were typed; a fingerprint may have spaces, colons and capitals. */
  static Invitation of(String url, String code, String fingerprint) throws ContractException {
    String key = fingerprint.replaceAll("[\\s:]", "").toLowerCase(Locale.ROOT);
    return Invitation.parse("fedex://enrol?v=1&url=" + escaped(url.trim()) + "&code=" + escaped(code.trim()) + "&key="
        + escaped(key));
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      char letter = (char) octet;
      boolean isPlain = letter < 0x80 && (Character.isLetterOrDigit(letter) || PLAIN.indexOf(letter) >= 0);
      escaped.append(isPlain ? String.valueOf(letter) : String.format(Locale.ROOT, "%%%02X", octet & 0xff));
    }
    return escaped.toString();
  }
}
