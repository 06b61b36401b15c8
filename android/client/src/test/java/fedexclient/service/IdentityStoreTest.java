package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.PublicKey;
import fedexclient.contract.Sha256;
import fedexclient.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityStoreTest {
  @TempDir Path folder;

  private final byte[] secret = Sha256.of(new byte[] {5});

  @Test
  void what_is_kept_is_found_by_its_owner_alone() throws Exception {
    Identity identity = identity();
    store().keep(identity.forgettingHeads(true));
    assertEquals(identity.forgettingHeads(true), store().find());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home())));
  }

  @Test
  void neither_token_nor_secret_stands_in_the_file_or_in_what_an_identity_shows() throws Exception {
    store().keep(identity());
    String kept = Files.readString(file()) + identity();
    assertFalse(kept.contains(Asking.TOKEN), kept);
    assertFalse(kept.contains(Base64.getEncoder().encodeToString(secret)), kept);
  }

  @Test
  void a_device_that_is_not_enrolled_is_told_so() throws Exception {
    assertNull(store().find());
    EnrolmentException error = assertThrows(EnrolmentException.class, () -> store().require());
    assertTrue(error.getMessage().endsWith("expected an enrolled device, got none"), error.getMessage());
  }

  @Test
  void an_identity_of_another_phone_is_a_copy() throws Exception {
    store().keep(identity());
    assertThrows(CopiedIdentityException.class, () -> new IdentityStore(home(), new AesVault(2)).find());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"format\":1/\"format\":2", "\"device\":\"/\"device\":\"X",
      "\"group\":\"family\"/\"group\":\"UPPER\"",
      "\"key\":\"/\"key\":\"AA", "\"url\":\"/\"uri\":\"", "\"forget_heads\":false/\"forget_heads\":0",
      "\"token_since\":7/\"token_since\":-7", "{/[", "}/", "\"sealed\":\"/\"sealed\":\"!"})
  void a_garbled_identity_is_damaged_and_nothing_secret_is_repeated(String change) throws Exception {
    store().keep(identity());
    String[] parts = change.split("/", 2);
    Files.writeString(file(), Files.readString(file()).replace(parts[0], parts[1]));
    EnrolmentException error = assertThrows(DamagedIdentityException.class, () -> store().find());
    assertTrue(error.getMessage().contains("identity.json: identity"), error.getMessage());
    assertFalse(error.getMessage().contains(Asking.TOKEN), error.getMessage());
  }

  @Test
  void secrets_that_were_changed_are_not_this_phones() throws Exception {
    store().keep(identity());
    String kept = Files.readString(file());
    int place = kept.indexOf("\"sealed\":\"") + 40;
    char other = kept.charAt(place) == 'A' ? 'B' : 'A';
    Files.writeString(file(), kept.substring(0, place) + other + kept.substring(place + 1));
    assertThrows(CopiedIdentityException.class, () -> store().find());
  }

  @Test
  void an_endless_identity_is_damaged() throws Exception {
    store().keep(identity());
    Files.writeString(file(), Files.readString(file()) + Asking.repeated(" ", 1 << 20));
    assertThrows(DamagedIdentityException.class, () -> store().find());
  }

  @Test
  void a_folder_that_cannot_be_written_keeps_no_identity() {
    IdentityStore store = new IdentityStore(Path.of("/proc/fedex"), new AesVault(1));
    assertThrows(StorageException.class, () -> store.hold(new Stop()));
    assertThrows(StorageException.class, () -> store.keep(identity()));
  }

  @Test
  void an_identity_that_cannot_be_sealed_leaves_the_one_before() throws Exception {
    store().keep(identity());
    Vault broken = new Vault() {
      @Override
      public byte[] seal(byte[] bytes) throws VaultException {
        throw new VaultException("keystore", new Exception("busy"));
      }

      @Override
      public byte[] open(byte[] sealed) throws VaultException {
        throw new VaultException("keystore", new Exception("busy"));
      }

      @Override
      public void renew() throws VaultException {
        throw new VaultException("keystore", new Exception("busy"));
      }
    };
    IdentityStore store = new IdentityStore(home(), broken);
    assertThrows(StorageException.class, () -> store.keep(identity().withToken(Asking.repeated("u", 43), 9)));
    assertThrows(StorageException.class, store::find);
    assertEquals(identity(), store().find());
    assertEquals(List.of("identity.json", "identity.lock"), names());
  }

  @Test
  void a_secret_that_waits_is_for_one_address_and_one_phone() throws Exception {
    store().hold(new Stop()).close();
    PendingEnrolment pending = new PendingEnrolment(home(), new AesVault(1));
    byte[] first = pending.secretFor("https://one.example");
    assertEquals(hex(first), hex(pending.secretFor("https://one.example")));
    assertEquals("rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(home().resolve("enrolling.json"))));
    String kept = Files.readString(home().resolve("enrolling.json"));
    assertFalse(kept.contains(Base64.getEncoder().encodeToString(first)), kept);
    assertNotEquals(hex(first), hex(new PendingEnrolment(home(), new AesVault(2)).secretFor("https://one.example")));
    byte[] second = pending.secretFor("https://other.example");
    assertNotEquals(hex(first), hex(second));
    Files.write(home().resolve("enrolling.json"), "garbage".getBytes(StandardCharsets.UTF_8));
    assertNotEquals(hex(second), hex(pending.secretFor("https://other.example")));
    pending.forget();
    pending.forget();
    assertEquals(List.of("identity.lock"), names());
  }

  private static String hex(byte[] data) {
    return Sha256.hexDigits(data);
  }

  private Identity identity() throws Exception {
    PublicKey other = PublicKey.of(Asking.bytes(32));
    return new Identity(
        "https://fedex.example.org", Asking.DEVICE, Asking.TOKEN, "family", Asking.key(), other, secret, 7, false);
  }

  private IdentityStore store() throws Exception {
    IdentityStore store = new IdentityStore(home(), new AesVault(1));
    store.hold(new Stop()).close(); // makes the folder
    return store;
  }

  private Path home() {
    return folder.resolve("home");
  }

  private Path file() {
    return home().resolve("identity.json");
  }

  private List<String> names() throws Exception {
    try (Stream<Path> files = Files.list(home())) {
      return files.map(path -> path.getFileName().toString()).sorted().collect(Collectors.toList());
    }
  }
}
