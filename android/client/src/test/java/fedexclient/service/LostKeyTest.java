package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.Security;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A phone whose keystore loses the key that the identity is sealed by, and one whose keystore is only busy. */
class LostKeyTest extends EnrolmentTestCase {
  @BeforeEach
  void phone() {
    Security.addProvider(new FakeKeystore());
    FakeKeystore.empty();
  }

  @AfterEach
  void noPhone() {
    Security.removeProvider("AndroidKeyStore");
  }

  @Override
  IdentityStore store() {
    return new IdentityStore(home(), new KeystoreVault("fedex"));
  }

  private static void lose(String how) {
    if (how.equals("lost")) {
      FakeKeystore.lose("fedex");
    } else {
      FakeKeystore.spoil("fedex");
    }
  }

  /** Android calls a key that is gone by the name of one that is busy: the device was locked out for ever. */
  @ParameterizedTest
  @ValueSource(strings = {"lost", "spoilt"})
  void whose_key_is_lost_for_good_becomes_another_device_when_that_is_asked_for(String how) throws Exception {
    enrol();
    lose(how);
    forgetDevice();
    assertThrows(VaultException.class, this::enrol);
    Identity again = enrolAgain().identity();
    assertEquals(service.device, again.device());
    assertEquals(again, store().require());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lost", "spoilt"})
  void a_first_enrolment_that_lost_its_key_gets_another_too(String how) throws Exception {
    new KeystoreVault("fedex").seal(new byte[0]);
    lose(how);
    assertThrows(VaultException.class, this::enrol);
    assertEquals(service.device, enrolAgain().identity().device());
  }

  @Test
  void whose_keystore_is_busy_for_a_moment_stays_the_same_device() throws Exception {
    Identity before = enrol().identity();
    FakeKeystore.isBusy = true;
    CompletableFuture<?> idle = CompletableFuture.runAsync(() -> FakeKeystore.isBusy = false,
        CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS));
    Enrolment again = enrolAgain();
    idle.get();
    assertFalse(again.isNew());
    assertEquals(before.device(), again.identity().device());
    assertArrayEquals(before.secret(), again.identity().secret());
  }

  @Test
  void whose_keystore_stays_busy_loses_nothing() throws Exception {
    Identity before = enrol().identity();
    int asked = service.asked().size();
    FakeKeystore.isBusy = true;
    assertThrows(VaultException.class, this::enrolAgain);
    assertThrows(VaultException.class, this::enrol);
    assertEquals(asked, service.asked().size());
    FakeKeystore.isBusy = false;
    assertEquals(before, store().require());
    assertEquals(before.device(), enrolAgain().identity().device());
  }
}
