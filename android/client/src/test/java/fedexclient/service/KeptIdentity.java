package fedexclient.service;

import fedexclient.contract.PublicKey;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a device keeps of who it is and becomes, as bytes that somebody may have changed; the vault seals nothing. */
public final class KeptIdentity {
  private static final String URL = "https://fedex.example.org";

  private KeptIdentity() {}

  private static final class OpenVault implements Vault {
    @Override
    public void renew() {} // it has no key to lose

    @Override
    public byte[] seal(byte[] secret) {
      return secret;
    }

    @Override
    public byte @Nullable [] open(byte[] sealed) {
      return sealed.length == 0 ? null : sealed;
    }
  }

  /** An identity's file. */
  public static byte[] identity(Path folder) throws Exception {
    PublicKey key = PublicKey.of(new byte[32]);
    new IdentityStore(folder, new OpenVault()).keep(new Identity(
        URL, Asking.DEVICE, Asking.TOKEN, "family", key, key, new byte[32], 1_800_000_000L, false));
    return Files.readAllBytes(folder.resolve("identity.json"));
  }

  /** Reads one, and keeps it again; what is damaged or another phone's is no identity. */
  public static void readIdentity(Path folder, byte[] data) throws Exception {
    Files.write(folder.resolve("identity.json"), data);
    IdentityStore store = new IdentityStore(folder, new OpenVault());
    try {
      Identity identity = store.require();
      store.keep(identity);
      if (!identity.equals(store.require())) {
        throw new AssertionError("it is kept as another one");
      }
    } catch (EnrolmentException expected) {
      // typed: what a caller is ready for
    }
  }

  /** The file of a secret that is about to be shown to a service. */
  public static byte[] pending(Path folder) throws Exception {
    new PendingEnrolment(folder, new OpenVault()).secretFor(URL);
    return Files.readAllBytes(folder.resolve("enrolling.json"));
  }

  /** Reads one, which is kept anew where it is garbled. */
  public static void readPending(Path folder, byte[] data) throws Exception {
    Files.write(folder.resolve("enrolling.json"), data);
    PendingEnrolment pending = new PendingEnrolment(folder, new OpenVault());
    if (pending.secretFor(URL).length != 32) {
      throw new AssertionError("a secret of another length");
    }
  }

  /** The file of an erasure that the service is to be asked for. */
  public static byte[] erasure(Path folder) throws Exception {
    new Erasure(folder, Asking.DEVICE, () -> 1_800_000_000_000L).wish();
    return Files.readAllBytes(folder.resolve("erasure.json"));
  }

  /** Reads one; what is garbled is none. */
  public static void readErasure(Path folder, byte[] data) throws Exception {
    Files.write(folder.resolve("erasure.json"), data);
    Erasure erasure = new Erasure(folder, Asking.DEVICE, () -> 1_800_000_000_000L);
    TryLaterException unsettled = erasure.unsettled();
    if (unsettled != null && (erasure.isMissed() || unsettled.retryAfterS() > 30 || unsettled.retryAfterS() < 1)) {
      throw new AssertionError(unsettled);
    }
  }

  /** Reads how long a service wants to be left alone. */
  public static @Nullable Long retryAfter(String text) {
    Long seconds = RetryAfter.parse(text, 1_800_000_000L);
    if (seconds != null && (seconds < 0 || seconds > 24 * 3600)) {
      throw new AssertionError(seconds);
    }
    return seconds;
  }
}
