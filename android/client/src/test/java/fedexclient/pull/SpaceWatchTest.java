package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.JsonWriter;
import fedexclient.contract.Problem;
import fedexclient.contract.PublicKey;
import fedexclient.contract.SpaceList;
import fedexclient.service.Identity;
import fedexclient.service.RefusedException;
import fedexclient.storage.StorageException;
import fedexclient.trust.ClockAheadException;
import fedexclient.trust.ExpiredException;
import fedexclient.trust.ForgedException;
import fedexclient.trust.MisplacedException;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.ReplayedException;
import fedexclient.trust.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A space that is retired: what a device believes, keeps and says. */
class SpaceWatchTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);

  @TempDir Path home;

  private final StubService service = new StubService();
  private double now = Release.ISSUED + 60;
  private PublicKey kept = Scene.identity().key();

  private SpaceWatch watch(Identity identity) {
    return new SpaceWatch(home, identity, (asked, envelope) -> kept, () -> now);
  }

  private SpaceWatch watch() {
    return watch(Scene.identity());
  }

  private static Map<String, Object> list(long serial, Set<String> current, Set<String> retired) {
    List<Map<String, Object>> spaces = new ArrayList<>();
    current.forEach(one -> spaces.add(Map.of("space", one, "state", "current")));
    retired.forEach(one -> spaces.add(Map.of("space", one, "state", "retired")));
    return new HashMap<>(Map.of("format", 1, "group", Release.GROUP, "serial", serial, "issued", Release.ISSUED,
        "expires", Release.EXPIRES, "spaces", spaces));
  }

  private void publish(Map<String, Object> list) throws Exception {
    service.spaces = Signer.golden().seal(SpaceList.PAYLOAD_TYPE, JsonWriter.sorted(list));
  }

  private void retire(long serial) throws Exception {
    publish(list(serial, Set.of(B), Set.of(A)));
  }

  private void restore(long serial) throws Exception {
    publish(list(serial, Set.of(A), Set.of()));
  }

  @Test
  void a_refusal_that_a_signed_list_supports_stops_the_device_and_names_what_is_current() throws Exception {
    retire(1);
    RefusedException refused = StubService.refused(Problem.RETIRED_SPACE);
    String message = assertThrows(
        SpaceRetiredException.class, () -> watch().explain(service, refused, A)).getMessage();
    assertEquals("space " + A + ": expected one that is current (" + B + "), got one that is retired", message);
    assertEquals(Set.of(A), watch().known().retired());
    service.asked.clear();
    assertThrows(SpaceRetiredException.class, () -> watch().check(service, A));
    assertEquals(List.of("spaces " + StubService.tagOf(service.spaces)), service.asked);
  }

  @Test
  void where_no_space_is_current_the_message_says_so() throws Exception {
    publish(list(1, Set.of(), Set.of(A)));
    watch().refresh(service);
    String message = assertThrows(SpaceRetiredException.class, () -> watch().check(service, A)).getMessage();
    assertTrue(message.contains("(the group has none)"));
  }

  @Test
  void a_space_that_was_never_retired_is_checked_without_the_network() throws Exception {
    watch().check(service, A);
    assertEquals(Set.of(), watch().retiredNow(service, Set.of(A)));
    watch().explain(service, StubService.refused(Problem.WRONG_SPACE), A);
    assertTrue(service.asked.isEmpty());
  }

  @Test
  void a_space_that_is_restored_may_be_asked_about_again() throws Exception {
    retire(1);
    watch().refresh(service);
    restore(2);
    watch().check(service, A);
    assertEquals(Set.of(), watch().known().retired());
    service.asked.clear();
    watch().check(service, A);
    assertTrue(service.asked.isEmpty());
  }

  @Test
  void what_waits_for_a_space_finds_out_that_it_was_restored_and_goes_by_what_is_known_otherwise() throws Exception {
    retire(1);
    watch().refresh(service);
    service.spaces = null;
    assertEquals(Set.of(A), watch().retiredNow(service, Set.of(A)));
    restore(2);
    assertEquals(Set.of(), watch().retiredNow(service, Set.of(A)));
  }

  @Test
  void a_refusal_that_no_signed_list_supports_stops_nothing_for_good() throws Exception {
    RefusedException refused = StubService.refused(Problem.RETIRED_SPACE);
    assertThrows(RefusedException.class, () -> watch().explain(service, refused, A));
    restore(1);
    watch().explain(service, refused, A);
    service.spaces = Signer.another().seal(
        SpaceList.PAYLOAD_TYPE, JsonWriter.sorted(list(2, Set.of(), Set.of(A))));
    assertThrows(ForgedException.class, () -> watch().explain(service, refused, A));
    assertEquals(Set.of(A), watch().known().current());
  }

  @Test
  void a_list_of_a_later_key_is_followed_to_it() throws Exception {
    service.spaces = Signer.another().seal(
        SpaceList.PAYLOAD_TYPE, JsonWriter.sorted(list(2, Set.of(), Set.of(A))));
    kept = Signer.another().key();
    assertEquals(2, watch().refresh(service).serial());
  }

  @Test
  void what_was_known_of_another_group_or_service_does_not_count() throws Exception {
    retire(5);
    watch().refresh(service);
    assertEquals(0, watch(Scene.identity("work")).known().serial());
    Identity identity = Scene.identity();
    Identity elsewhere = new Identity(identity.url(), identity.device(), identity.token(), identity.group(),
        identity.key(), Signer.another().key(), identity.secret(), 0, false);
    assertEquals(0, watch(elsewhere).known().serial());
    restore(1);
    assertEquals(1, watch(elsewhere).refresh(service).serial());
  }

  @Test
  void a_list_that_is_not_to_be_believed_is_refused_by_name_and_what_is_known_stays() throws Exception {
    retire(3);
    watch().refresh(service);
    Map<String, Object> strangers = list(4, Set.of(), Set.of());
    strangers.put("group", "strangers");
    publish(strangers);
    assertThrows(MisplacedException.class, () -> watch().refresh(service));
    restore(2);
    assertThrows(ReplayedException.class, () -> watch().refresh(service));
    Map<String, Object> old = list(4, Set.of(), Set.of());
    old.putAll(Map.of("issued", 5, "expires", 6));
    publish(old);
    assertThrows(ExpiredException.class, () -> watch().refresh(service));
    service.spaces = Signer.golden().seal(SpaceList.PAYLOAD_TYPE, "{}".getBytes(StandardCharsets.UTF_8));
    assertThrows(ProtocolViolationException.class, () -> watch().refresh(service));
    assertEquals(3, watch().tryRefresh(service).serial());
    retire(3);
    now = 2 * Release.EXPIRES;
    assertEquals(3, watch().refresh(service).serial());
    restore(4);
    service.date = Release.ISSUED;
    assertThrows(ClockAheadException.class, () -> watch().refresh(service));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"format\":1,\"group\":\"family\",\"retired\":7}", "\u00ff",
      "{\"format\":1,\"origin\":\"o\",\"serial\":1,\"issued\":1,\"etag\":\"\",\"current\":[7],\"retired\":[]}"})
  void a_garbled_file_is_asked_for_anew(String garbled) throws Exception {
    Files.write(home.resolve("spaces.json"), garbled.getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(0, watch().known().serial());
    retire(1);
    assertEquals(Set.of(A), watch().refresh(service).retired());
    assertEquals(Set.of(A), watch().known().retired());
  }

  @Test
  void a_tag_that_no_reader_takes_is_left_out_and_the_list_is_kept() throws Exception {
    retire(1);
    service.tag = "t".repeat(1_025);
    watch().refresh(service);
    assertEquals(Set.of(A), watch().known().retired());
  }

  @Test
  void a_folder_that_cannot_be_written_is_a_storage_error() throws Exception {
    Files.createDirectories(home.resolve("spaces.json/inner"));
    retire(1);
    assertThrows(StorageException.class, () -> watch().refresh(service));
  }

  @Test
  void the_file_is_the_python_devices() throws Exception {
    retire(1);
    watch().refresh(service);
    String origin = Scene.identity().origin();
    String etag = StubService.tagOf(service.spaces).replace("\"", "\\\"");
    assertEquals("{\"current\":[\"" + B + "\"],\"etag\":\"" + etag + "\",\"format\":1,\"issued\":" + Release.ISSUED
        + ",\"origin\":\"" + origin + "\",\"retired\":[\"" + A + "\"],\"serial\":1}",
        new String(Files.readAllBytes(home.resolve("spaces.json")), StandardCharsets.UTF_8));
  }
}
