package fedexclient.contract;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a device says to become one: an operator's code, and a secret that names the device. */
public final class EnrolmentRequest {
  /** Of a secret. */
  public static final int SECRET_BYTES = 32;

  private final String code;
  private final byte[] secret;

  /**
   * Makes a request.
   *
   * @param secret 32 random bytes, kept by the device before they are first sent
   * @throws ImpossibleException a code that none can be, or another length
   */
  public EnrolmentRequest(String code, byte[] secret) throws ImpossibleException {
    if (!Names.CODE.matcher(code).matches()) {
      throw new ImpossibleException("enrolment.code", "1 to 128 visible ASCII characters", "another text");
    }
    if (secret.length != SECRET_BYTES) {
      throw new ImpossibleException("enrolment.secret", SECRET_BYTES + " bytes", secret.length + " bytes");
    }
    this.code = code;
    this.secret = secret.clone();
  }

  /** Writes the request. */
  public byte[] encode() throws ImpossibleException {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("code", code);
    document.put("secret", Base64Text.encode(secret));
    return JsonWriter.sorted(document);
  }
}
