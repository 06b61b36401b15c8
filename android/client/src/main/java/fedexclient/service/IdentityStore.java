package fedexclient.service;

import fedexclient.contract.Base64Text;
import fedexclient.contract.ContractException;
import fedexclient.contract.EnrolmentRequest;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Names;
import fedexclient.contract.PublicKey;
import fedexclient.contract.TokenReply;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.Folder;
import fedexclient.storage.StorageException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps who this device is, in its folder, written whole or not at all. Who changes it holds {@code identity.lock} from
 * reading it to keeping another.
 *
 * <pre>
 * identity.json  {"format": 1, "url": "https://...", "device": "...", "group": "...", "key": "(base64, 32 bytes)",
 *                 "first_key": "(base64, 32 bytes)", "token_since": unix seconds, "forget_heads": true or false,
 *                 "sealed": "(base64, by the vault)"}
 * sealed         {"token": "...", "secret": "(base64, 32 bytes)"}
 * </pre>
 *
 * <p>The folder belongs into no backup ({@code Context.getNoBackupFilesDir()}). A copy that came to another phone all
 * the same is found out, as the vault there cannot open it.
 */
public final class IdentityStore {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 16 << 10;
  private static final int MAX_SEALED_BYTES = 4 << 10;
  private static final int ATTEMPTS = 6;
  private static final long PAUSE_MS = 200;

  private final Path home;
  private final Vault vault;
  private final AtomicFile file;

  /** Names the device's folder, which is made when something is kept, and what opens its secrets. */
  public IdentityStore(Path home, Vault vault) {
    this.home = home;
    this.vault = vault;
    this.file = new AtomicFile(home.resolve("identity.json"));
  }

  Path home() {
    return home;
  }

  Vault vault() {
    return vault;
  }

  /**
   * Reads the identity; null where the device is not enrolled.
   *
   * @throws DamagedIdentityException it is garbled
   * @throws CopiedIdentityException it is another phone's
   */
  public @Nullable Identity find() throws EnrolmentException, StorageException {
    byte[] data = file.read(MAX_BYTES);
    if (data == null) {
      return null;
    }
    try {
      Fields fields = JsonReader.readDocument(data, "identity", MAX_BYTES);
      fields.checkFormat(FORMAT);
      byte[] opened = vault.open(fields.binary("sealed", MAX_SEALED_BYTES));
      if (opened == null) {
        throw new CopiedIdentityException(file.path() + ": expected an identity of this phone, got one of another");
      }
      return parse(fields, JsonReader.readDocument(opened, "identity.sealed", MAX_SEALED_BYTES));
    } catch (ContractException error) {
      throw new DamagedIdentityException(file.path() + ": " + error.getMessage());
    }
  }

  /**
   * Reads the identity as {@link #find}, for whoever becomes another device whatever this one was: null also where it is
   * garbled, another phone's, or sealed by a key that is lost.
   *
   * <p>A keystore that is only busy is given a second. Where null is returned something can be sealed, by a new key if
   * need be.
   *
   * @throws VaultException nothing can be sealed here, and nothing has changed
   * @throws StoppedException the end was asked for, or this thread interrupted
   */
  @Nullable Identity findOrGiveUp(Stop stop) throws StorageException, StoppedException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        return findOrNone();
      } catch (VaultException error) {
        stop.check();
        pause();
      }
    }
    vault.renew();
    return null;
  }

  private @Nullable Identity findOrNone() throws StorageException {
    try {
      Identity found = find();
      if (found != null) {
        return found;
      }
    } catch (EnrolmentException error) {
      // Garbled, or another phone's.
    }
    vault.seal(new byte[0]);
    return null;
  }

  private static void pause() throws StoppedException {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
  }

  private static Identity parse(Fields fields, Fields secrets) throws ContractException {
    return new Identity(
        fields.text("url", Identity.MAX_URL_CHARACTERS),
        fields.name("device", Names.DEVICE),
        TokenReply.parseToken(secrets),
        fields.name("group", Names.GROUP),
        PublicKey.parse(fields, "key"),
        PublicKey.parse(fields, "first_key"),
        secrets.exactly("secret", EnrolmentRequest.SECRET_BYTES),
        fields.integer("token_since"),
        fields.flag("forget_heads"));
  }

  /**
   * Reads the identity of an enrolled device.
   *
   * @throws EnrolmentException it is not enrolled; or as {@link #find}
   */
  public Identity require() throws EnrolmentException, StorageException {
    Identity identity = find();
    if (identity == null) {
      throw new EnrolmentException(file.path() + ": expected an enrolled device, got none");
    }
    return identity;
  }

  /**
   * Waits until this thread alone decides who the device is; the others find what it decided.
   *
   * @throws StoppedException the end was asked for, or this thread interrupted, while another one was at it
   */
  public ExclusiveLock.Held hold(Stop stop) throws StorageException, StoppedException {
    new Folder(home).make();
    ExclusiveLock.@Nullable Held held = new ExclusiveLock(home.resolve("identity.lock")).hold(stop::check);
    if (held == null) {
      throw new StoppedException();
    }
    return held;
  }

  /** Keeps another identity, by whoever holds the lock; when that fails, the one before is still there. */
  public void keep(Identity identity) throws StorageException {
    Map<String, Object> secrets = new LinkedHashMap<>();
    secrets.put("token", identity.token());
    secrets.put("secret", Base64Text.encode(identity.secret()));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("format", FORMAT);
    fields.put("url", identity.url());
    fields.put("device", identity.device());
    fields.put("group", identity.group());
    fields.put("key", Base64Text.encode(identity.key().bytes()));
    fields.put("first_key", Base64Text.encode(identity.firstKey().bytes()));
    fields.put("token_since", identity.tokenSince());
    fields.put("forget_heads", identity.mustForgetHeads());
    fields.put("sealed", Base64Text.encode(vault.seal(encoded(secrets))));
    file.write(encoded(fields));
  }

  private static byte[] encoded(Map<String, Object> fields) {
    try {
      return JsonWriter.sorted(fields);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // texts of the contract have no lone surrogates
    }
  }
}
