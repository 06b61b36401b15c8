package fedexclient.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import fedexclient.contract.ContractException;
import fedexclient.contract.Golden;
import fedexclient.contract.Invitation;
import fedexclient.contract.KeyChain;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Refusal;
import fedexclient.contract.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KeyGoldenTest {
  static List<Golden.Vector> chains() {
    return Golden.vectors("key-chains.json");
  }

  static List<Golden.Vector> keys() {
    return Golden.vectors("fingerprints.json", "keys");
  }

  static List<Golden.Vector> typed() {
    return Golden.vectors("fingerprints.json", "typed");
  }

  static List<Golden.Vector> invitations() {
    return Golden.vectors("invitations.json");
  }

  @ParameterizedTest
  @MethodSource("chains")
  void a_chain_leads_on_from_the_pinned_key_or_is_refused(Golden.Vector vector) throws Exception {
    byte[] data = vector.encoded("chain");
    PublicKey pinned = PublicKey.of(vector.hex("known"));
    if (!vector.has("refused")) {
      assertEquals(vector.list("later"), hex(KeyTrust.of(KeyChain.parse(data)).after(pinned)));
    } else if (vector.text("refused").equals("NotKnown")) {
      KeyTrust trust = KeyTrust.of(KeyChain.parse(data));
      assertThrows(KeyRefusedException.class, () -> trust.after(pinned));
    } else if (isForm(data)) {
      // A signature that does not fit is Impossible to the Python side, which looks at both in one go.
      assertEquals("Impossible", vector.text("refused"));
      assertThrows(KeyRefusedException.class, () -> KeyTrust.of(KeyChain.parse(data)));
    } else {
      assertEquals(vector.text("refused"), Refusal.of(() -> KeyChain.parse(data)));
    }
  }

  private static boolean isForm(byte[] chain) {
    try {
      KeyChain.parse(chain);
      return true;
    } catch (ContractException error) {
      return false;
    }
  }

  private static List<Object> hex(List<PublicKey> keys) {
    List<Object> hex = new ArrayList<>();
    for (PublicKey key : keys) {
      hex.add(Sha256.hexDigits(key.bytes()));
    }
    return hex;
  }

  @Test
  void the_golden_chain_begins_with_the_golden_key() throws Exception {
    KeyTrust trust = KeyTrust.of(KeyChain.parse(Golden.bytes("keys.json")));
    Map<?, ?> key = (Map<?, ?>) Golden.json("key.json");
    assertEquals(key.get("public"), Sha256.hexDigits(trust.first().bytes()));
    assertEquals(key.get("key_id"), trust.first().id());
    assertEquals(trust.first(), trust.from(trust.first().fingerprint()).get(0));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void a_key_has_the_golden_fingerprint(Golden.Vector vector) throws Exception {
    assertEquals(vector.text("fingerprint"), PublicKey.of(vector.hex("key")).fingerprint());
  }

  @ParameterizedTest
  @MethodSource("typed")
  void a_fingerprint_is_read_as_people_type_it(Golden.Vector vector) throws Exception {
    String text = vector.text("typed");
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> PublicKey.typedFingerprint(text)));
    } else {
      assertEquals(vector.text("fingerprint"), PublicKey.typedFingerprint(text));
      String shown = PublicKey.shownFingerprint(vector.text("fingerprint"));
      assertEquals(vector.text("fingerprint"), PublicKey.typedFingerprint(shown));
    }
  }

  @ParameterizedTest
  @MethodSource("invitations")
  void an_invitation_is_read_or_refused(Golden.Vector vector) throws Exception {
    String text = vector.text("text");
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> Invitation.parse(text)));
      return;
    }
    Invitation invitation = Invitation.parse(text);
    assertEquals(vector.text("url"), invitation.url());
    assertEquals(vector.text("code"), invitation.code());
    assertEquals(vector.text("key"), invitation.fingerprint());
    assertEquals(vector.text("written"), invitation.encode());
  }
}
