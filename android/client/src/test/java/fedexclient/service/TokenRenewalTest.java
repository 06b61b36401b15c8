package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another token takes the place of an old one by itself, and a token that counts is always kept. */
class TokenRenewalTest extends EnrolmentTestCase {
  private static final long DAY_S = 86_400;

  /** One that came while the clock was in another decade was never replaced. */
  @Test
  void a_token_is_old_thirty_days_from_when_it_came_either_way() {
    Identity identity = Asking.identity("https://fedex.example.org").withToken(Asking.TOKEN, NOW);
    assertFalse(TokenRenewal.isOld(identity, NOW + 29 * DAY_S));
    assertTrue(TokenRenewal.isOld(identity, NOW + 30 * DAY_S));
    assertFalse(TokenRenewal.isOld(identity, NOW - 29 * DAY_S));
    assertTrue(TokenRenewal.isOld(identity, NOW - 30 * DAY_S));
    assertTrue(TokenRenewal.isOld(identity, 0));
  }

  @Test
  void a_young_token_is_left() throws Exception {
    Identity identity = enrol().identity();
    assertEquals(identity, renewed(NOW + DAY_S));
    assertFalse(service.asked().contains("POST /v1/devices/self/token"));
  }

  @Test
  void an_old_token_is_replaced_and_counts_until_the_new_one_is_used() throws Exception {
    Identity old = enrol().identity();
    Identity young = renewed(NOW + 31 * DAY_S);
    assertEquals(old.withToken(service.nextToken, NOW + 31 * DAY_S), young);
    assertEquals(young, store().require());
    assertTrue(isKnown(old));
    assertTrue(isKnown(young));
    assertFalse(isKnown(old));
    assertEquals(young, renewed(NOW + 32 * DAY_S));
  }

  @ParameterizedTest
  @ValueSource(strings = {"404 unknown-path", "503 unavailable", "500 internal"})
  void a_service_that_gives_no_other_token_changes_nothing(String problem) throws Exception {
    Identity old = enrol().identity();
    service.faults.put("/v1/devices/self/token",
        Asking.refusing(Integer.parseInt(problem.substring(0, 3)), problem.substring(4), ""));
    assertThrows(ServiceException.class, () -> renewed(NOW + 31 * DAY_S));
    assertEquals(old, store().require());
  }

  @Test
  void of_a_device_that_is_not_enrolled_any_more_nothing_is_asked() throws Exception {
    Identity old = enrol().identity();
    Files.delete(home().resolve("identity.json"));
    int asked = service.asked().size();
    try (Service client = connect().to(service.url(), old)) {
      assertThrows(EnrolmentException.class, () -> new TokenRenewal(store(), client, new Stop()).renew(NOW));
    }
    assertEquals(asked, service.asked().size());
  }

  @Test
  void a_service_at_a_new_address_proves_itself_to_a_device_that_has_not_used_its_new_token() throws Exception {
    enrol();
    Identity young = renewed(NOW + 31 * DAY_S);
    assertFalse(service.nextToken.isEmpty());
    try (Service client = connect().to(elsewhere(), young)) {
      assertTrue(client.isKnown());
    }
  }

  private Identity renewed(long now) throws Exception {
    try (Service client = connect().to(service.url(), store().require())) {
      return new TokenRenewal(store(), client, new Stop()).renew(now);
    }
  }

  private boolean isKnown(Identity identity) throws Exception {
    try (Service client = connect().to(service.url(), identity)) {
      return client.isKnown();
    }
  }
}
