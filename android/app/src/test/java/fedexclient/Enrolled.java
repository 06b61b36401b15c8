package fedexclient;

import android.content.Context;
import android.database.sqlite.SQLiteDatabase;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Problem;
import fedexclient.contract.PublicKey;
import fedexclient.pull.HeadTrial;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.TfliteRuntime;
import fedexclient.service.Identity;
import fedexclient.service.IdentityStore;
import fedexclient.service.TryLaterException;
import fedexclient.service.Vault;
import fedexclient.service.VaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A device of the library that lives in a folder, and belongs to a group if a test says so. */
public final class Enrolled {
  private final Path folder;
  private final OpenVault vault = new OpenVault();
  private @Nullable Identity identity;

  /** Names the folder. */
  public Enrolled(Path folder) {
    this.folder = folder;
  }

  /** The device. */
  public Fedex open(Context context, FedexOptions options) {
    return Fedex.open(context, new Desktop(folder, vault), options);
  }

  /** Makes it one of a group, whose service is nowhere. */
  public void join() throws Exception {
    Files.createDirectories(folder);
    PublicKey key = PublicKey.of(new byte[PublicKey.BYTES]);
    Identity made = new Identity("https://127.0.0.1:1", "0".repeat(32), "a".repeat(43), "kitchen", key, key,
        new byte[32], 0, false);
    new IdentityStore(folder, vault).keep(made);
    identity = made;
  }

  /** Has its service have refused an upload of one sample, in a cache that is there and of a group that was joined. */
  public void refuse(Problem problem) {
    Identity joined = Objects.requireNonNull(identity);
    String cache = folder.resolve("cache.sqlite3").toString();
    try (SQLiteDatabase database = SQLiteDatabase.openDatabase(cache, null, SQLiteDatabase.NO_LOCALIZED_COLLATORS)) {
      database.execSQL("INSERT INTO uploads (id, space, origin, device, samples, size, sealed_ms, body, state, problem) "
          + "VALUES (hex(randomblob(32)), ?, ?, ?, 1, 1, 1, x'00', 'refused', ?)", new Object[] {"0".repeat(64),
              joined.origin(), joined.device(), problem + " of a test"});
    }
  }

  /** Spoils what was taught. */
  public void damageCache() throws Exception {
    Files.createDirectories(folder);
    Files.write(folder.resolve("cache.sqlite3"), new byte[10_000]);
  }

  /** Spoils what it knows of its group. */
  public void damage() throws Exception {
    Files.write(folder.resolve("identity.json"), new byte[] {'{'});
  }

  /** Has the phone lose the key that its secrets are sealed by. */
  public void loseKey() {
    vault.isLost = true;
  }

  private static final class Desktop implements Home {
    private final Path folder;
    private final Vault vault;

    Desktop(Path folder, Vault vault) {
      this.folder = folder;
      this.vault = vault;
    }

    @Override
    public Path folder() {
      return folder;
    }

    @Override
    public Vault vault() {
      return vault;
    }

    @Override
    public ModelRuntime runtime() {
      return new TfliteRuntime();
    }

    @Override
    public HeadTrial trial(DeviceBundle bundle) {
      return (candidate, stop) -> {
        throw new TryLaterException("no head is tried here", (Long) null);
      };
    }
  }

  /** Robolectric has no keystore. */
  private static final class OpenVault implements Vault {
    private volatile boolean isLost;

    @Override
    public void renew() {
      isLost = false;
    }

    @Override
    public byte[] seal(byte[] secret) throws VaultException {
      return opened(secret);
    }

    @Override
    public byte[] open(byte[] sealed) throws VaultException {
      return opened(sealed);
    }

    private byte[] opened(byte[] bytes) throws VaultException {
      if (isLost) {
        throw new VaultException("keystore", new Exception("expected a key, got none"));
      }
      return bytes.clone();
    }
  }
}
