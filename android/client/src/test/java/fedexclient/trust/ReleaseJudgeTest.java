package fedexclient.trust;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.Channel;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Envelope;
import fedexclient.contract.Golden;
import fedexclient.contract.KeyChain;
import fedexclient.contract.Manifest;
import fedexclient.contract.PublicKey;
import fedexclient.contract.SpaceList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReleaseJudgeTest {
  private static final long ISSUED = 1_760_000_000;
  private static final long EXPIRES = 1_762_592_000;
  private static final long LAST = EXPIRES + 86_400;
  private static final Clocks NOW = new Clocks(ISSUED + 1_000, null);
  private static final Floor BELOW = new Floor(4, 0, ISSUED - 1_000);

  static List<Golden.Vector> refusedEnvelopes() {
    return Golden.vectors("refusals/envelopes.json");
  }

  private static ReleaseJudge judge(PublicKey key, Channel channel, Floor floor) throws Exception {
    DeviceBundle bundle = DeviceBundle.read(new BundleFolder(Golden.folder().resolve("device-bundle").toFile()));
    return new ReleaseJudge(key, Place.of("home", channel, bundle), floor);
  }

  private static ReleaseJudge judge(Floor floor) throws Exception {
    return judge(Signer.golden().key(), Channel.BEST, floor);
  }

  @Test
  void the_golden_envelope_is_believed() throws Exception {
    Envelope envelope = Envelope.parse(Golden.bytes("envelope.json"), Envelope.MAX_BYTES);
    assertArrayEquals(Golden.bytes("manifest.pae"), envelope.signedBytes());
    assertEquals(7, judge(BELOW).judge(Golden.bytes("envelope.json"), NOW).serial());
  }

  @Test
  void one_signature_that_fits_among_others_is_enough() throws Exception {
    assertEquals(7, judge(BELOW).judge(Golden.bytes("envelope-signatures.json"), NOW).serial());
  }

  @ParameterizedTest
  @MethodSource("refusedEnvelopes")
  void no_device_believes_this_envelope(Golden.Vector vector) throws Exception {
    byte[] data = vector.encoded("envelope");
    assertThrows(UntrustedException.class, () -> judge(BELOW).judge(data, NOW));
  }

  @Test
  void a_truncation_anywhere_is_a_violation() throws Exception {
    byte[] data = Golden.bytes("envelope.json");
    for (int length = 0; length < data.length; length++) {
      byte[] cut = Arrays.copyOf(data, length);
      assertThrows(ProtocolViolationException.class, () -> judge(BELOW).judge(cut, NOW));
    }
  }

  @ParameterizedTest
  @CsvSource({"home,strangers", "best,latest", "freeze6,freeze5", "[4],[5]", "5b5b5b,6b6b6b"})
  void a_release_of_another_place_is_refused(String from, String to) throws Exception {
    byte[] payload = Golden.text("manifest.json").replaceFirst(Pattern.quote(from), to)
        .getBytes(StandardCharsets.UTF_8);
    byte[] data = Signer.golden().seal(Manifest.PAYLOAD_TYPE, payload);
    assertThrows(MisplacedException.class, () -> judge(BELOW).judge(data, NOW));
  }

  @Test
  void what_is_signed_by_another_key_or_as_something_else_is_forged() throws Exception {
    byte[] payload = Golden.bytes("manifest.json");
    byte[] others = Signer.another().seal(Manifest.PAYLOAD_TYPE, payload);
    byte[] spaces = Signer.golden().seal(SpaceList.PAYLOAD_TYPE, payload);
    assertThrows(ForgedException.class, () -> judge(BELOW).judge(others, NOW));
    assertThrows(ForgedException.class, () -> judge(BELOW).judge(spaces, NOW));
  }

  @Test
  void a_signed_manifest_of_another_form_is_a_violation() throws Exception {
    byte[] data = Signer.golden().seal(Manifest.PAYLOAD_TYPE, "{\"format\":2}".getBytes(StandardCharsets.UTF_8));
    assertThrows(ProtocolViolationException.class, () -> judge(BELOW).judge(data, NOW));
  }

  @ParameterizedTest
  @CsvSource({"8,0", "4,8"})
  void a_lower_serial_than_was_installed_or_passed_over_is_an_attack(long installed, long passed) throws Exception {
    ReleaseJudge judge = judge(new Floor(installed, passed, 0));
    assertThrows(ReplayedException.class, () -> judge.judge(Golden.bytes("envelope.json"), NOW));
  }

  @Test
  void the_same_serial_is_believed_even_when_it_has_expired() throws Exception {
    Clocks late = new Clocks(LAST + 1, LAST + 1);
    assertEquals(7, judge(new Floor(7, 0, ISSUED)).judge(Golden.bytes("envelope.json"), late).serial());
  }

  @Test
  void what_is_new_and_past_its_time_is_refused_by_any_clock() throws Exception {
    byte[] data = Golden.bytes("envelope.json");
    assertEquals(7, judge(BELOW).judge(data, new Clocks(LAST, LAST)).serial());
    assertEquals(7, judge(BELOW).judge(data, new Clocks(0, null)).serial());
    assertThrows(ExpiredException.class, () -> judge(BELOW).judge(data, new Clocks(LAST + 1, null)));
    assertThrows(ExpiredException.class, () -> judge(BELOW).judge(data, new Clocks(0, LAST + 1)));
    Floor later = new Floor(4, 0, LAST + 1);
    assertThrows(ExpiredException.class, () -> judge(later).judge(data, new Clocks(0, null)));
    assertThrows(ClockAheadException.class, () -> judge(BELOW).judge(data, new Clocks(LAST + 1, ISSUED)));
  }

  @Test
  void the_golden_list_of_spaces_is_believed_by_its_group() throws Exception {
    byte[] data = Golden.bytes("spaces-envelope.json");
    PublicKey key = Signer.golden().key();
    assertEquals(3, new SpacesJudge(key, "home", Floor.NONE).judge(data, NOW).serial());
    assertThrows(MisplacedException.class, () -> new SpacesJudge(key, "strangers", Floor.NONE).judge(data, NOW));
    SpacesJudge later = new SpacesJudge(key, "home", new Floor(4, 0, 0));
    assertThrows(ReplayedException.class, () -> later.judge(data, NOW));
    SpacesJudge first = new SpacesJudge(key, "home", Floor.NONE);
    assertThrows(ExpiredException.class, () -> first.judge(data, new Clocks(LAST + 1, null)));
    assertThrows(ForgedException.class, () -> first.judge(Golden.bytes("envelope.json"), NOW));
  }

  @Test
  void a_release_of_a_newer_key_is_judged_by_that_once_the_chain_has_led_there() throws Exception {
    KeyTrust trust = KeyTrust.of(KeyChain.parse(Golden.bytes("keys.json")));
    byte[] payload = Golden.bytes("manifest.json");
    Envelope ours = Envelope.parse(Golden.bytes("envelope.json"), Envelope.MAX_BYTES);
    byte[] others = Signer.another().seal(Manifest.PAYLOAD_TYPE, payload);
    Envelope stranger = Envelope.parse(others, Envelope.MAX_BYTES);
    assertNull(trust.signerOf(stranger, trust.first(), trust.first()));
    assertNull(trust.signerOf(ours, trust.first(), trust.first()));
    PublicKey elsewhere = Signer.another().key();
    assertThrows(KeyRefusedException.class, () -> trust.signerOf(ours, trust.first(), elsewhere));
    assertThrows(KeyRefusedException.class, () -> trust.from("00112233445566778899aabbccddeeff"));
  }
}
