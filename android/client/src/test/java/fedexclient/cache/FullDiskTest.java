package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.FeatureShape;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.Assume;
import org.junit.Test;

/** A full disk: by SQLite's own limit of pages, and for real where this user may mount a file system. */
public class FullDiskTest extends CacheTestCase {
  private static final SealedAs OWN = new SealedAs("home@key", "d");

  private static NewInference large(int number) {
    return new NewInference(Entries.photo(number), null, new float[10_000], Entries.results(), false, 0,
        Entries.COMPUTED_BY, 0);
  }

  @Test
  public void without_a_page_left_nothing_is_kept_and_all_is_there_still() throws Exception {
    try (Cache cache = open()) {
      long key = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(10_000));
      cache.feedback().add(Entries.feedback(cache.inferences().add(large(1), key)));
      cache.database().query("PRAGMA max_page_count = 1"); // as many as there are: fewer is not to be had
      assertThrows(CacheFullException.class, () -> cache.inferences().add(large(2), key));
      SealedUpload sealed = new SealedUpload("f".repeat(64), Entries.SPACE, 1, new byte[100_000]);
      assertThrows(CacheFullException.class, () -> cache.uploads().add(sealed, List.of(1L), OWN, 0));
      assertEquals(1, cache.inferences().count());
      assertEquals(0, cache.uploads().unfinished().size());
      assertEquals(1, cache.setups().waiting("").get(0).samples());
      cache.database().query("PRAGMA max_page_count = 1000000");
      assertEquals(2, cache.inferences().add(large(2), key));
      assertTrue(cache.uploads().add(sealed, List.of(1L), OWN, 0));
    }
    assertEquals(List.of("ok"), Outside.rows(file(), "PRAGMA integrity_check"));
  }

  /** Something that is done in a file system of one megabyte. */
  private interface InSmallDisk {
    void run(File place) throws Exception;
  }

  private void onSmallDisk(InSmallDisk work) throws Exception {
    File place = temporary.newFolder("small");
    Assume.assumeTrue("mounting a file system needs root",
        run("mount", "-t", "tmpfs", "-o", "size=1m", "fedex-test", place.getPath()) == 0);
    try {
      work.run(place);
    } finally {
      assertEquals(0, run("umount", place.getPath()));
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }

  /** Leaves no room. */
  private static File fill(File place) throws IOException {
    File filling = new File(place, "filling");
    try (FileOutputStream stream = new FileOutputStream(filling)) {
      while (true) {
        stream.write(new byte[4_096]);
      }
    } catch (IOException full) {
      return filling;
    }
  }

  @Test
  public void a_full_disk_is_told_and_what_was_kept_stays() throws Exception {
    onSmallDisk(place -> {
      File file = new File(place, "home/cache.sqlite3");
      try (Cache cache = Cache.open(file, 100)) {
        long key = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(10_000));
        assertEquals(1, cache.inferences().add(large(1), key));
        File filling = fill(place);
        for (int number = 2; number < 40; number++) {
          int photo = number;
          assertThrows(CacheFullException.class, () -> cache.inferences().add(large(photo), key));
        }
        assertEquals(1, cache.inferences().count());
        assertTrue(filling.delete());
        assertEquals(2, cache.inferences().add(large(2), key));
      }
      assertEquals(List.of("ok"), Outside.rows(file, "PRAGMA integrity_check"));
    });
  }

  @Test
  public void a_disk_that_is_full_from_the_beginning_is_told_and_nothing_is_set_aside() throws Exception {
    onSmallDisk(place -> {
      File file = new File(place, "home/cache.sqlite3");
      File filling = fill(place);
      assertThrows(CacheFullException.class, () -> Cache.open(file, 100));
      assertTrue(filling.delete());
      try (Cache cache = Cache.open(file, 100)) {
        assertNull(cache.setAside());
        assertEquals(0, cache.inferences().count());
      }
    });
  }

  @Test
  public void a_new_file_is_numbered_after_the_damaged_one_though_the_disk_was_full_between() throws Exception {
    onSmallDisk(place -> {
      File file = new File(place, "home/cache.sqlite3");
      assertTrue(file.getParentFile().mkdirs());
      Files.write(file.toPath(), new byte[10_000]);
      File filling = fill(place);
      assertThrows(CacheFullException.class, () -> Cache.open(file, 100));
      assertTrue(filling.delete());
      try (Cache cache = Cache.open(file, 100)) {
        assertNotNull(cache.setAside());
        assertTrue(Entries.add(cache, 1) > 1_000_000, "no number is that of another answer before");
      }
    });
  }
}
