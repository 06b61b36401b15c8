package fedexclient.service;

import fedexclient.contract.Base64Text;
import fedexclient.contract.ContractException;
import fedexclient.contract.EnrolmentRequest;
import fedexclient.contract.Fields;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the secret of a device that is about to enrol, so that it is the same one however often it has to ask.
 *
 * <pre>enrolling.json  {"format": 1, "url": "https://...", "secret": "(base64, 32 bytes, sealed by the vault)"}</pre>
 *
 * <p>Written before the service is asked, gone once the identity, which has the secret, is kept. It serves the address
 * that it was made for, and no other: a secret is between a device and one service.
 */
final class PendingEnrolment {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 16 << 10;
  private static final int MAX_SEALED_BYTES = 4 << 10;

  private final AtomicFile file;
  private final Vault vault;

  PendingEnrolment(Path home, Vault vault) {
    this.file = new AtomicFile(home.resolve("enrolling.json"));
    this.vault = vault;
  }

  /** The secret to enrol at an address with: the one that was kept for it, or a new one, which is kept then. */
  byte[] secretFor(String url) throws StorageException {
    byte[] kept = read(url);
    if (kept != null) {
      return kept;
    }
    byte[] secret = new byte[EnrolmentRequest.SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    try {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("format", FORMAT);
      fields.put("url", url);
      fields.put("secret", Base64Text.encode(vault.seal(secret)));
      file.write(JsonWriter.sorted(fields));
    } catch (ContractException error) {
      throw new IllegalStateException(error); // an address has no lone surrogates
    }
    return secret;
  }

  private byte @Nullable [] read(String url) throws StorageException {
    byte[] data = file.read(MAX_BYTES);
    if (data == null) {
      return null;
    }
    try {
      Fields fields = JsonReader.readDocument(data, "enrolling", MAX_BYTES);
      fields.checkFormat(FORMAT);
      byte[] secret = vault.open(fields.binary("secret", MAX_SEALED_BYTES));
      boolean isItsOwn = fields.text("url", Identity.MAX_URL_CHARACTERS).equals(url) && secret != null
          && secret.length == EnrolmentRequest.SECRET_BYTES;
      return isItsOwn ? secret : null;
    } catch (ContractException error) {
      return null; // garbled: another one makes another device, which nobody has been yet
    }
  }

  /** Removes it: an identity has the secret. */
  void forget() throws StorageException {
    file.delete();
  }
}
