package fedexclient.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Precision;
import fedexclient.contract.Sha256;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.InstalledHead;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pointer, the objects and the lock. */
class HeadStoreTest {
  @TempDir Path folder;

  private HeadStore heads;

  @BeforeEach
  void name() {
    heads = new HeadStore(folder.resolve("heads"));
  }

  private HeadEntry install(int serial, byte[] head) throws Exception {
    heads.install().close();
    HeadEntry entry = HeadStory.add(heads, serial, head);
    heads.swap(entry);
    return entry;
  }

  @Test
  void a_folder_that_is_not_there_is_read_as_empty_and_not_made() throws Exception {
    assertEquals(List.of(), heads.entries());
    assertEquals(Floors.NONE, heads.floors());
    assertEquals(heads.stamp(), heads.stamp());
    heads.forgetTags();
    heads.forget();
    assertFalse(Files.exists(heads.directory()));
  }

  /** They have names of people, whose group the device has left. */
  @Test
  void who_forgets_leaves_no_label_lists_behind() throws Exception {
    install(7, HeadStory.ONE);
    heads.forget();
    assertEquals(List.of(), heads.entries());
    try (Stream<Path> objects = Files.list(heads.objects().object("x").getParent())) {
      assertEquals(List.of(), objects.collect(Collectors.toList()));
    }
  }

  @Test
  void what_was_installed_is_read_hashed_and_mapped() throws Exception {
    install(7, HeadStory.ONE);
    InstalledHead head = heads.newestFirst().get(0).load();
    assertEquals(7, head.manifest().serial());
    assertEquals(2, head.labels().size());
    assertTrue(head.content().isDirect());
    byte[] read = new byte[head.content().remaining()];
    head.content().get(read);
    assertEquals(Sha256.hex(HeadStory.ONE), Sha256.hex(read));
  }

  @Test
  void every_swap_is_seen_by_the_stamp_and_a_head_in_use_outlives_its_file() throws Exception {
    Object before = heads.stamp();
    install(7, HeadStory.ONE);
    InstalledHead head = heads.load(heads.entries().get(0));
    Object first = heads.stamp();
    assertNotEquals(before, first);
    assertEquals(first, heads.stamp());
    install(8, HeadStory.TWO);
    install(9, HeadStory.TWO);
    assertNotEquals(first, heads.stamp());
    heads.prune(Collections.emptySet());
    assertFalse(Files.exists(heads.objects().object(Sha256.hex(HeadStory.ONE))));
    assertEquals('o', head.content().get(8));
  }

  /** A later version's third entry must not make the pointer damaged. */
  @Test
  void of_more_heads_than_this_version_keeps_the_first_two_serve() throws Exception {
    List<HeadEntry> many = List.of(entry("a"), entry("b"), entry("c"));
    Files.createDirectory(heads.directory());
    Files.write(heads.directory().resolve("current"), HeadPointer.encode(many));
    assertEquals(many.subList(0, 2), heads.entries());
  }

  private static HeadEntry entry(String letter) {
    return new HeadEntry(letter.repeat(64), Precision.FLOAT32, "\"tag\"", Precision.DYNAMIC);
  }

  @Test
  void the_bundles_head_is_an_entry_without_precision_and_loads_nothing() throws Exception {
    List<HeadEntry> one = List.of(new HeadEntry("a".repeat(64), null, "", Precision.FLOAT16));
    Files.createDirectory(heads.directory());
    Files.write(heads.directory().resolve("current"), HeadPointer.encode(one));
    assertEquals(one, heads.entries());
    assertTrue(heads.newestFirst().get(0).isBundled());
    assertThrows(HeadDamagedException.class, () -> heads.load(heads.entries().get(0)));
  }

  @Test
  void a_tag_that_no_reader_takes_is_left_out_of_the_pointer() throws Exception {
    heads.install().close();
    HeadEntry entry = HeadStory.add(heads, 7, HeadStory.ONE);
    heads.swap(entry.renewed(entry.envelope(), "t".repeat(257)));
    assertEquals("", heads.entries().get(0).etag());
  }

  @Test
  void any_part_that_is_gone_or_another_is_damage() throws Exception {
    HeadEntry entry = install(7, HeadStory.ONE);
    for (String sha256 : List.of(entry.envelope(), Sha256.hex(HeadStory.ONE), Sha256.hex(HeadStory.LABELS))) {
      Path object = heads.objects().object(sha256);
      byte[] right = Files.readAllBytes(object);
      byte[] other = right.clone();
      other[right.length / 2] ^= 1;
      Files.write(object, other);
      assertThrows(HeadDamagedException.class, () -> heads.load(entry));
      Files.write(object, new byte[5 << 20]);
      assertThrows(HeadDamagedException.class, () -> heads.load(entry));
      Files.delete(object);
      assertThrows(HeadDamagedException.class, () -> heads.load(entry));
      Files.write(object, right);
      heads.load(entry);
    }
  }

  @Test
  void what_a_killed_process_left_behind_is_pruned_and_what_is_kept_stays() throws Exception {
    install(7, HeadStory.ONE);
    Path left = heads.objects().object("c".repeat(64));
    Path wanted = heads.objects().partial("d".repeat(64));
    Path temporary = heads.directory().resolve(".current.1234");
    for (Path file : List.of(left, wanted, temporary)) {
      Files.write(file, new byte[1]);
    }
    heads.prune(Set.of("d".repeat(64)));
    assertFalse(Files.exists(left) || Files.exists(temporary));
    assertTrue(Files.exists(wanted));
    heads.load(heads.entries().get(0));
  }

  @Test
  void where_the_pointer_is_garbled_nothing_is_pruned_and_the_next_swap_makes_it_anew() throws Exception {
    install(7, HeadStory.ONE);
    Files.write(heads.directory().resolve("current"), new byte[] {'?'});
    heads.prune(Collections.emptySet());
    assertTrue(Files.exists(heads.objects().object(Sha256.hex(HeadStory.ONE))));
    assertThrows(HeadDamagedException.class, heads::newestFirst);
    assertFalse(heads.letGo(HeadStory.manifest(9)));
    install(8, HeadStory.TWO);
    assertEquals(1, heads.entries().size());
  }

  @Test
  void a_head_whose_envelope_is_not_there_is_not_pointed_at() throws Exception {
    install(7, HeadStory.ONE);
    assertThrows(StorageException.class, () -> heads.swap(entry("e")));
    assertEquals(7, heads.manifest(heads.entries().get(0)).serial());
  }

  @Test
  void while_another_process_installs_this_one_is_told_to_try_later_until_that_is_killed() throws Exception {
    heads.install().close();
    String lock = heads.directory().resolve("lock").toString();
    Process other = new ProcessBuilder(new File(System.getProperty("java.home"), "bin/java").getPath(), "-cp",
        System.getProperty("java.class.path"), LockHolder.class.getName(), lock).redirectErrorStream(true).start();
    try {
      assertEquals('+', other.getInputStream().read());
      assertThrows(TryLaterException.class, heads::install);
    } finally {
      other.destroyForcibly().waitFor();
    }
    heads.install().close(); // the lock of a process that was killed is nobody's
  }

  /** Holds the lock until it is killed; run in a JVM of its own. */
  static final class LockHolder {
    private LockHolder() {}

    public static void main(String[] arguments) throws Exception {
      Path lock = new File(arguments[0]).toPath();
      new HeadStore(lock.getParent()).install();
      System.out.write("+".getBytes(StandardCharsets.US_ASCII));
      System.out.flush();
      Thread.sleep(60_000);
    }
  }
}
