package fedexclient.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import fedexclient.contract.ContractException;
import fedexclient.contract.Golden;
import fedexclient.contract.Manifest;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a device was once, it never goes back behind. */
class FloorsTest {
  private static final long ISSUED = 1_760_000_000;
  private static final String SPACE = "5b".repeat(32);
  private static final ReleaseLine LINE = new ReleaseLine("home", SPACE, "best");

  @TempDir Path folder;

  /** The golden release, with something else in place of something. */
  private static Manifest manifest(String from, String to) throws Exception {
    return Manifest.parse(Golden.text("manifest.json").replace(from, to).getBytes(StandardCharsets.UTF_8));
  }

  private static Manifest golden() throws Exception {
    return manifest("none", "none");
  }

  private static Floors floors(ReleaseLine line, long serial, long issued) {
    return new Floors(Map.of(line, new ReleaseFloor(serial, issued, 0, "")));
  }

  @Test
  void a_floor_rises_and_never_falls() throws Exception {
    Manifest older = manifest("\"serial\":7", "\"serial\":4");
    Floors floors = Floors.NONE.raised(List.of(golden(), older));
    assertEquals(floors(LINE, 7, ISSUED), floors);
    assertEquals(floors, floors.raised(List.of()));
    assertEquals(new ReleaseFloor(7, ISSUED + 9, 0, ""),
        floors(LINE, 7, ISSUED + 9).raised(List.of(golden())).of(LINE));
  }

  @Test
  void each_group_space_and_channel_has_a_floor_of_its_own() throws Exception {
    Floors floors = Floors.NONE.raised(List.of(golden(), manifest("\"home\"", "\"work\""),
        manifest(SPACE, "ab".repeat(32)), manifest("\"best\"", "\"latest\"")));
    assertEquals(4, floors.byLine().size());
    assertEquals(floors, Floors.parse(floors.encode()));
    assertEquals(ReleaseFloor.NONE, floors.of(new ReleaseLine("play", SPACE, "best")));
    assertEquals(ISSUED, floors.issued("work"));
    assertEquals(0, floors.issued("play"));
  }

  @Test
  void what_was_passed_over_stays_until_something_newer_is_installed() throws Exception {
    Floors passed = Floors.NONE.passing(golden(), "\"tag\"");
    assertEquals(new ReleaseFloor(0, 0, 7, "\"tag\""), passed.of(LINE));
    Manifest older = manifest("\"serial\":7", "\"serial\":4");
    assertEquals(new ReleaseFloor(4, ISSUED, 7, "\"tag\""), passed.raised(List.of(older)).of(LINE));
    assertEquals(new ReleaseFloor(7, ISSUED, 0, ""), passed.raised(List.of(golden())).of(LINE));
    assertEquals(new ReleaseFloor(0, 0, 7, ""), passed.withoutTags().of(LINE));
    assertEquals(passed, Floors.parse(passed.encode()));
  }

  @Test
  void a_tag_that_no_reader_takes_is_left_out_and_costs_no_floor() throws Exception {
    Floors passed = Floors.NONE.passing(golden(), "t".repeat(1_025));
    assertEquals(new ReleaseFloor(0, 0, 7, ""), Floors.parse(passed.encode()).of(LINE));
  }

  @Test
  void of_more_lines_than_the_file_holds_the_oldest_goes() throws Exception {
    Map<ReleaseLine, ReleaseFloor> many = new LinkedHashMap<>();
    for (int number = 0; number < Floors.MAX_LINES; number++) {
      many.put(new ReleaseLine("family", String.format("%064x", number), "best"), new ReleaseFloor(1, 1, 0, ""));
    }
    Floors kept = Floors.parse(new Floors(many).raised(List.of(golden())).encode());
    assertEquals(Floors.MAX_LINES, kept.byLine().size());
    assertEquals(7, kept.of(LINE).serial());
  }

  /** One such row would make the whole file garbled, and with it would go what guards against replay. */
  @Test
  void a_channel_that_this_version_does_not_know_keeps_its_floor_and_costs_no_other() throws Exception {
    ReleaseLine canary = new ReleaseLine("home", SPACE, "canary");
    AtomicFile file = new AtomicFile(folder.resolve("floors"));
    file.write(floors(canary, 41, ISSUED).encode());
    file.write(Floors.read(file).raised(List.of(golden())).encode());
    assertEquals(41, Floors.read(file).of(canary).serial());
    assertEquals(7, Floors.read(file).of(LINE).serial());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{\"format\":2,\"floors\":[]}", "{\"format\":1,\"floors\":[7]}",
      "{\"format\":1,\"floors\":[{\"group\":\"a\"}]}"})
  void a_garbled_file_is_refused_by_the_parser_and_reads_as_no_floors(String text) throws Exception {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    assertThrows(ContractException.class, () -> Floors.parse(data));
    Files.write(folder.resolve("floors"), data);
    assertEquals(Floors.NONE, Floors.read(new AtomicFile(folder.resolve("floors"))));
  }

  @Test
  void a_missing_file_is_no_floor_and_a_folder_that_cannot_be_written_an_error() throws Exception {
    assertEquals(Floors.NONE, Floors.read(new AtomicFile(folder.resolve("floors"))));
    AtomicFile nowhere = new AtomicFile(Paths.get("/proc/fedex/floors"));
    assertThrows(StorageException.class, () -> nowhere.write(Floors.NONE.encode()));
  }
}
