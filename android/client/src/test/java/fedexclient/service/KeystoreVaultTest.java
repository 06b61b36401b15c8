package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.Security;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a keystore of the tests' own: the platform's is in a phone's hardware. */
class KeystoreVaultTest {
  private static final byte[] SECRET = Asking.bytes(200);

  @BeforeEach
  void anotherPhone() {
    Security.addProvider(new FakeKeystore());
    FakeKeystore.empty();
  }

  @AfterEach
  void noPhone() {
    Security.removeProvider("AndroidKeyStore");
  }

  @Test
  void what_is_sealed_is_opened_and_sealed_otherwise_each_time() throws Exception {
    byte[] one = vault().seal(SECRET);
    byte[] other = vault().seal(SECRET);
    assertFalse(Arrays.equals(one, other));
    assertEquals(12 + 200 + 16, one.length);
    assertArrayEquals(SECRET, vault().open(one));
    assertArrayEquals(SECRET, vault().open(other));
    assertEquals(1, FakeKeystore.count());
  }

  @Test
  void another_phone_opens_nothing() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    FakeKeystore.empty();
    assertNull(vault().open(sealed));
    vault().seal(SECRET);
    assertNull(vault().open(sealed));
  }

  @Test
  void another_key_of_the_same_phone_opens_nothing() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    KeystoreVault other = new KeystoreVault("other");
    other.seal(SECRET);
    assertNull(other.open(sealed));
  }

  @Test
  void what_was_changed_anywhere_is_not_opened() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    for (int place = 0; place < sealed.length; place++) {
      byte[] changed = sealed.clone();
      changed[place] ^= 1;
      assertNull(vault().open(changed));
    }
    for (int length = 0; length < sealed.length; length += 7) {
      assertNull(vault().open(Arrays.copyOf(sealed, length)));
    }
  }

  /** Nothing ever took the alias from a key that was lost, so nothing could be sealed under it again. */
  @Test
  void a_key_that_is_lost_for_good_opens_nothing_until_another_takes_its_place() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    FakeKeystore.lose("fedex");
    assertMadeAnew(sealed);
    FakeKeystore.spoil("fedex");
    assertMadeAnew(sealed);
  }

  @Test
  void a_key_that_an_older_phone_calls_invalidated_is_another_phones() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    FakeKeystore.invalidate("fedex");
    assertNull(vault().open(sealed));
    vault().renew();
    assertNull(vault().open(sealed));
    assertArrayEquals(SECRET, vault().open(vault().seal(SECRET)));
  }

  private static void assertMadeAnew(byte[] sealed) throws Exception {
    assertThrows(VaultException.class, () -> vault().open(sealed));
    assertThrows(VaultException.class, () -> vault().seal(SECRET));
    vault().renew();
    assertNull(vault().open(sealed));
    assertArrayEquals(SECRET, vault().open(vault().seal(SECRET)));
  }

  @Test
  void a_key_that_can_be_used_or_is_only_busy_stays_when_one_is_made_sure_of() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    vault().renew();
    FakeKeystore.isBusy = true;
    assertThrows(VaultException.class, () -> vault().renew());
    FakeKeystore.isBusy = false;
    assertArrayEquals(SECRET, vault().open(sealed));
  }

  /** A busy keystore once made a device another phone's, and an app enrolled it again over what was not sent. */
  @Test
  void a_key_that_cannot_be_had_now_is_not_taken_for_lost() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    FakeKeystore.isBusy = true;
    assertThrows(VaultException.class, () -> vault().open(sealed));
    assertThrows(VaultException.class, () -> vault().seal(SECRET));
    FakeKeystore.isBusy = false;
    assertArrayEquals(SECRET, vault().open(sealed));
  }

  @Test
  void a_phone_whose_keystore_does_not_answer_is_a_typed_error() throws Exception {
    byte[] sealed = vault().seal(SECRET);
    Security.removeProvider("AndroidKeyStore");
    assertThrows(VaultException.class, () -> vault().open(sealed));
    assertThrows(VaultException.class, () -> vault().seal(SECRET));
  }

  private static KeystoreVault vault() {
    return new KeystoreVault("fedex");
  }
}
