package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

/** A damaged file is set aside with its log, it is said, and a new one is begun. */
public class DamagedTest extends CacheTestCase {
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

  private File beside(String ending) {
    return new File(file().getPath() + ending);
  }

  private void write(byte[] content) throws Exception {
    file().getParentFile().mkdirs();
    Files.write(file().toPath(), content);
  }

  /** A good cache of twenty inferences, closed. */
  private byte[] good() throws Exception {
    try (Cache cache = Cache.open(file(), 100)) {
      for (int number = 0; number < 20; number++) {
        cache.feedback().add(Entries.feedback(Entries.add(cache, number)));
      }
    }
    return Files.readAllBytes(file().toPath());
  }

  private void assertBegunAnew() throws Exception {
    try (Cache cache = open()) {
      assertEquals(beside(".damaged"), cache.setAside());
      assertEquals(0, cache.inferences().count());
      assertTrue(Entries.add(cache, 1) > 1_000_000, "no number is that of another answer before");
      assertFalse(beside(".suspect").exists());
    }
    try (Cache cache = open()) {
      assertEquals(1, cache.inferences().count());
    }
  }

  private void assertSetAside(byte[] content) throws Exception {
    write(content);
    assertBegunAnew();
    assertArrayEquals(content, Files.readAllBytes(beside(".damaged").toPath()));
  }

  @Test
  public void zeros() throws Exception {
    assertSetAside(new byte[100_000]);
  }

  @Test
  public void text() throws Exception {
    assertSetAside("not a database, but text of some length".repeat(100).getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  public void the_right_beginning_and_garbage() throws Exception {
    byte[] content = new byte[5_000];
    Arrays.fill(content, (byte) 0xff);
    System.arraycopy(MAGIC, 0, content, 0, MAGIC.length);
    assertSetAside(content);
  }

  @Test
  public void a_garbage_header_before_what_was_good() throws Exception {
    byte[] content = good();
    Arrays.fill(content, 0, 100, (byte) 0x5a);
    assertSetAside(content);
  }

  @Test
  public void half_of_what_was_good() throws Exception {
    byte[] content = good();
    assertSetAside(Arrays.copyOf(content, content.length / 2));
  }

  @Test
  public void an_impossible_version() throws Exception {
    good();
    Outside.change(file(), "PRAGMA user_version = -5");
    assertBegunAnew();
  }

  @Test
  public void an_empty_file_is_a_cache_that_was_never_begun() throws Exception {
    write(new byte[0]);
    try (Cache cache = open()) {
      assertNull(cache.setAside());
      assertEquals(1, Entries.add(cache, 1));
    }
  }

  /** Opening reads the first page and the secret only. */
  @Test
  public void a_page_that_is_met_later_is_a_typed_error_and_the_next_opening_begins_anew() throws Exception {
    good();
    long page = Long.parseLong(
        Outside.rows(file(), "SELECT rootpage FROM sqlite_master WHERE name = 'inferences'").get(0));
    int size = Integer.parseInt(Outside.rows(file(), "PRAGMA page_size").get(0));
    try (RandomAccessFile bytes = new RandomAccessFile(file(), "rw")) {
      bytes.seek((page - 1) * size);
      bytes.write(new byte[size]);
    }
    try (Cache cache = open()) {
      assertNull(cache.setAside());
      assertThrows(CacheDamagedException.class, () -> cache.feedback().samples(List.of(1L)));
      assertTrue(beside(".suspect").exists());
      assertThrows(CacheDamagedException.class, () -> Entries.add(cache, 1));
    }
    assertBegunAnew();
  }

  @Test
  public void a_value_that_no_cache_wrote_is_a_typed_error_without_what_it_is() throws Exception {
    good();
    Outside.change(file(), "UPDATE inferences SET results = '[[\"Zoe\"]'");
    try (Cache cache = open()) {
      CacheDamagedException error = assertThrows(CacheDamagedException.class, () -> cache.inferences().get(1));
      assertFalse(error.getMessage().contains("Zoe"), error.getMessage());
    }
    assertBegunAnew();
  }

  @Test
  public void what_is_set_aside_replaces_what_was_set_aside_before() throws Exception {
    Files.createDirectories(file().getParentFile().toPath());
    Files.write(beside(".damaged").toPath(), new byte[] {1});
    Files.write(beside(".damaged-wal").toPath(), new byte[] {2});
    assertSetAside(new byte[10_000]);
    assertFalse(beside(".damaged-wal").exists());
  }

  /** Between the moves: the file is gone already, its log and the mark are not. */
  @Test
  public void setting_aside_goes_on_after_a_kill() throws Exception {
    Files.createDirectories(file().getParentFile().toPath());
    Files.write(beside(".damaged").toPath(), new byte[] {1});
    Files.write(beside("-wal").toPath(), new byte[] {2});
    Files.write(beside(".suspect").toPath(), new byte[0]);
    assertBegunAnew();
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(beside(".damaged").toPath()));
    assertArrayEquals(new byte[] {2}, Files.readAllBytes(beside(".damaged-wal").toPath()));
  }

  /** It may have been a job at night that met the damage, and nobody looked. */
  @Test
  public void whoever_opens_it_later_is_told_of_the_damage_until_that_is_dropped() throws Exception {
    assertSetAside(new byte[10_000]);
    try (Cache cache = open()) {
      assertEquals(beside(".damaged"), cache.setAside());
      cache.dropSetAside();
      assertNull(cache.setAside());
      assertEquals(1, cache.inferences().count());
    }
    assertFalse(beside(".damaged").exists());
    try (Cache cache = open()) {
      assertNull(cache.setAside());
    }
  }

  @Test
  public void what_is_forgotten_was_not_damaged() throws Exception {
    assertSetAside(new byte[10_000]);
    try (Cache cache = open()) {
      cache.forget();
      assertNull(cache.setAside());
    }
  }

  /** After the last move, with the mark gone and nothing made yet. */
  @Test
  public void a_new_file_is_numbered_after_the_damaged_one_though_a_kill_came_between() throws Exception {
    Files.createDirectories(file().getParentFile().toPath());
    Files.write(beside(".damaged").toPath(), new byte[] {1});
    assertBegunAnew();
  }

  @Test
  public void what_cannot_be_set_aside_is_one_typed_error() throws Exception {
    write(new byte[10_000]);
    Files.createDirectories(beside(".damaged/in the way").toPath());
    assertThrows(CacheAccessException.class, this::open);
  }
}
