package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.FileRef;
import fedexclient.contract.Problem;
import fedexclient.contract.Sha256;
import fedexclient.recognise.PlainRuntime;
import fedexclient.service.RefusedException;
import fedexclient.service.StoppedException;
import fedexclient.service.UnreachableException;
import fedexclient.storage.StorageException;
import fedexclient.trust.ProtocolViolationException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DownloaderTest {
  @TempDir Path folder;

  private Scene scene;

  @BeforeEach
  void makeTheScene() throws Exception {
    scene = new Scene(folder);
    scene.publish(scene.four, 1);
  }

  private void fault(StubService.Fault fault) {
    scene.service.faults.put(Sha256.hex(scene.four), fault);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_download_that_broke_off_anywhere_is_continued_where_it_stopped(boolean breaksOff) throws Exception {
    FileRef reference = FileRef.of(scene.four);
    scene.heads.install().close();
    Downloader downloader = new Downloader(scene.service, scene.heads.objects(), scene.stop, came -> {});
    for (int cut = 0; cut < scene.four.length; cut++) {
      int end = cut;
      fault((content, begin) -> new StubService.Bytes(begin, content, (int) begin, end, breaksOff));
      assertThrows(UnreachableException.class, () -> downloader.fetch(reference));
      assertEquals(cut, Files.size(scene.partial(scene.four)));
      scene.service.faults.clear();
      assertEquals(scene.four.length - cut, downloader.fetch(reference));
      assertEquals(0, downloader.fetch(reference));
      Files.delete(scene.object(scene.four));
    }
  }

  @Test
  void each_pull_gets_further_however_often_it_breaks_off() throws Exception {
    fault((content, begin) -> new StubService.Bytes(
        begin, content, (int) begin, Math.min(content.length, (int) begin + 7), true));
    int broken = 0;
    while (broken < 100) {
      try {
        assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
        break;
      } catch (UnreachableException error) {
        broken++;
      }
    }
    assertEquals(scene.four.length / 7, broken);
  }

  @Test
  void an_object_with_another_hash_is_refused_and_thrown_away() throws Exception {
    byte[] other = scene.four.clone();
    other[other.length - 1] = '?';
    scene.service.objects.put(Sha256.hex(scene.four), other);
    assertTrue(assertThrows(HeadRefusedException.class, scene::pull).getMessage().contains("sha256"));
    assertFalse(scene.files().contains(Sha256.hex(scene.four)));
    scene.service.add(scene.four);
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void an_object_that_is_longer_than_the_manifest_says_is_cut_off() throws Exception {
    byte[] endless = new byte[100 * scene.four.length];
    fault((content, begin) -> new StubService.Bytes(begin, endless, (int) begin, endless.length, false));
    assertThrows(ProtocolViolationException.class, scene::pull);
    assertTrue(Files.size(scene.partial(scene.four)) <= scene.four.length);
    assertTrue(scene.heads.entries().isEmpty());
  }

  @Test
  void a_partial_file_that_is_too_long_or_wrong_is_begun_anew() throws Exception {
    Files.write(scene.partial(scene.four), new byte[scene.four.length + 1]);
    assertEquals(1, scene.pull().serial());
    byte[] other = PlainRuntime.model("head", 4, 4, 5.0001);
    scene.publish(other, 2);
    Files.write(scene.partial(other), bytes("wrong from the start"));
    assertEquals(2, scene.pull().serial());
    assertEquals(2, scene.service.asked(other));
  }

  /** As of a captive portal: the next pull would go on behind its bytes, and fail once more. */
  @Test
  void after_a_page_in_place_of_an_object_the_next_pull_fetches_all_of_it() throws Exception {
    byte[] page = bytes("<html>");
    fault((content, begin) -> new StubService.Bytes(0, page, 0, page.length, false));
    assertTrue(assertThrows(UnreachableException.class, scene::pull).getMessage().contains("got 6 so far"));
    scene.service.faults.clear();
    scene.service.asked.clear();
    PullReport report = scene.pull();
    assertEquals(1, report.serial());
    assertTrue(report.size() > scene.four.length);
    assertEquals(2, scene.service.asked(scene.four));
  }

  @Test
  void an_object_that_is_wrong_however_it_is_fetched_is_asked_for_twice_at_most() throws Exception {
    byte[] other = scene.four.clone();
    other[other.length - 1] = '?';
    scene.service.objects.put(Sha256.hex(scene.four), other);
    Files.write(scene.partial(scene.four), Arrays.copyOf(scene.four, 11));
    assertThrows(HeadRefusedException.class, scene::pull);
    assertEquals(2, scene.service.asked(scene.four));
    assertFalse(Files.exists(scene.partial(scene.four)));
  }

  @Test
  void a_range_that_is_refused_or_spoilt_is_fetched_from_the_start() throws Exception {
    Files.write(scene.partial(scene.four), bytes("once before"));
    fault((content, begin) -> {
      if (begin > 0) {
        throw StubService.refused(Problem.RANGE_NOT_SATISFIABLE);
      }
      return null;
    });
    assertEquals(1, scene.pull().serial());
    byte[] other = PlainRuntime.model("head", 4, 4, 5.0001);
    scene.publish(other, 2);
    Files.write(scene.partial(other), Arrays.copyOf(other, 11));
    scene.service.faults.put(Sha256.hex(other), (content, begin) -> {
      if (begin > 0) {
        throw new ProtocolViolationException("another range");
      }
      return null;
    });
    assertEquals(2, scene.pull().serial());
  }

  @Test
  void a_server_that_begins_anew_is_followed_and_one_that_leaves_a_gap_is_not() throws Exception {
    Files.write(scene.partial(scene.four), Arrays.copyOf(scene.four, 11));
    fault((content, begin) -> new StubService.Bytes(12, content, 12, content.length, false));
    assertThrows(ProtocolViolationException.class, scene::pull);
    fault((content, begin) -> new StubService.Bytes(0, content, 0, content.length, false));
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void a_refusal_or_a_violation_of_a_whole_object_is_told() throws Exception {
    fault((content, begin) -> {
      throw StubService.refused(Problem.NOT_FOUND);
    });
    assertThrows(RefusedException.class, scene::pull);
    fault((content, begin) -> {
      throw new ProtocolViolationException("a page");
    });
    assertThrows(ProtocolViolationException.class, scene::pull);
    assertTrue(scene.heads.entries().isEmpty());
  }

  @Test
  void whoever_asks_to_stop_in_the_middle_keeps_what_has_come() throws Exception {
    fault((content, begin) -> {
      scene.stop.ask();
      return null;
    });
    assertThrows(StoppedException.class, scene::pull);
    Scene next = new Scene(folder);
    next.publish(next.four, 1);
    assertEquals(1, next.pull().serial());
  }

  @Test
  void a_thread_that_is_interrupted_in_the_middle_keeps_what_has_come() throws Exception {
    scene.heads.install().close();
    FileRef reference = FileRef.of(scene.four);
    Downloader downloader = new Downloader(
        scene.service, scene.heads.objects(), scene.stop, came -> Thread.currentThread().interrupt());
    fault((content, begin) -> new StubService.Bytes(begin, content, (int) begin, content.length / 2, true));
    assertThrows(UnreachableException.class, () -> downloader.fetch(reference));
    assertTrue(Thread.interrupted());
    assertEquals(scene.four.length / 2, Files.size(scene.partial(scene.four)));
    scene.service.faults.clear();
    assertEquals(scene.four.length - scene.four.length / 2, downloader.fetch(reference));
    assertTrue(Thread.interrupted());
  }

  @Test
  void what_is_downloaded_is_for_its_owner_only() throws Exception {
    fault((content, begin) -> new StubService.Bytes(0, content, 0, 20, true));
    assertThrows(UnreachableException.class, scene::pull);
    assertEquals("rw-------", modes().toString().replaceAll("[\\[\\]]", ""));
    scene.service.faults.clear();
    scene.pull();
    assertEquals("rw-------", modes().toString().replaceAll("[\\[\\]]", ""));
  }

  private Set<String> modes() throws IOException {
    Set<String> modes = new TreeSet<>();
    try (Stream<Path> files = Files.walk(scene.heads.directory())) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        modes.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      }
    }
    return modes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"partial", "objects"})
  void a_folder_where_a_file_should_be_is_a_storage_error(String place) throws Exception {
    Files.createDirectories(scene.heads.directory().resolve(place).resolve(Sha256.hex(scene.four)).resolve("inner"));
    assertThrows(StorageException.class, scene::pull);
  }

  @Test
  void on_a_full_disk_the_head_that_served_stays_and_there_is_no_half_head() throws Exception {
    Path place = Files.createDirectory(folder.resolve("small"));
    Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "fedex-test", place.toString()) == 0,
        "mounting a file system needs root");
    try {
      Scene small = new Scene(place);
      small.publish(small.three, 1);
      small.pull();
      byte[] large = Arrays.copyOf(small.four, 400_000);
      Arrays.fill(large, small.four.length, large.length, (byte) ' ');
      Path filling = fill(place.resolve("filling"), 900_000);
      small.publish(large, 2);
      assertThrows(StorageException.class, small::pull);
      assertEquals(1, small.serving());
      assertFalse(small.files().contains(Sha256.hex(large)));
      Files.delete(filling);
      fill(filling, Long.MAX_VALUE);
      assertThrows(StorageException.class, small::pull);
      assertEquals(1, small.serving());
      Files.delete(filling);
      assertEquals(2, small.pull().serial());
      assertEquals(2, small.serving());
    } finally {
      assertEquals(0, run("umount", "--lazy", place.toString())); // heads are mapped until memory is short
    }
  }

  /** Takes room, as much as there is at most. */
  private static Path fill(Path filling, long most) throws IOException {
    try (FileOutputStream stream = new FileOutputStream(filling.toFile())) {
      for (long size = 0; size < most; size += 4_096) {
        stream.write(new byte[4_096]);
      }
    } catch (IOException full) {
      return filling;
    }
    return filling;
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }
}
