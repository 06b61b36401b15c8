package fedexclient.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void what_is_written_is_read_and_for_its_owner_only() throws Exception {
    AtomicFile file = file();
    file.write(new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, file.read(3));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())));
  }

  @Test
  void a_thread_that_is_interrupted_reads_writes_and_removes_all_the_same() throws Exception {
    Thread.currentThread().interrupt();
    file().write(new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, file().read(3));
    file().delete();
    assertNull(file().read(3));
    assertTrue(Thread.interrupted());
  }

  @Test
  void a_file_that_may_not_be_opened_is_not_none() throws Exception {
    Files.createDirectories(folder.resolve("kept"));
    assertThrows(StorageException.class, () -> file().read(3));
  }

  @Test
  void another_writing_takes_the_place_of_the_first_and_leaves_nothing_behind() throws Exception {
    file().write(new byte[20_000]);
    file().write(new byte[] {4});
    assertArrayEquals(new byte[] {4}, file().read(100));
    assertEquals(List.of("kept"), names());
  }

  @Test
  void a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else() throws Exception {
    Files.createDirectories(folder.resolve("kept/inside"));
    assertThrows(StorageException.class, () -> file().write(new byte[] {1}));
    assertEquals(List.of("kept"), names());
  }

  /** One that is killed leaves what it wrote under its own name, as large as a golden sample; others are left alone. */
  @Test
  void what_killed_writers_left_long_ago_goes_with_the_next_writing() throws Exception {
    long hoursAgo = System.currentTimeMillis() - 7_200_000;
    left(".kept.11111111-2222-3333-4444-555555555555", hoursAgo);
    left(".kept.0123456789abcdef", hoursAgo);
    left(".kept.66666666-7777-8888-9999-aaaaaaaaaaaa", System.currentTimeMillis());
    left(".kept.notes", hoursAgo);
    left(".kept", hoursAgo);
    left(".other.11111111-2222-3333-4444-555555555555", hoursAgo);
    file().write(new byte[] {1});
    assertEquals(Set.of("kept", ".kept.66666666-7777-8888-9999-aaaaaaaaaaaa", ".kept.notes", ".kept",
        ".other.11111111-2222-3333-4444-555555555555"), Set.copyOf(names()));
  }

  /** A folder in the place of a file cannot be removed: it is full. */
  @Test
  void what_cannot_be_removed_is_no_reason_not_to_write() throws Exception {
    Path full = folder.resolve(".kept.0123456789abcdef");
    Files.createDirectories(full.resolve("inside"));
    Files.setLastModifiedTime(full, FileTime.fromMillis(0));
    file().write(new byte[] {1});
    assertArrayEquals(new byte[] {1}, file().read(1));
  }

  private void left(String name, long modifiedMs) throws Exception {
    Path path = Files.write(folder.resolve(name), new byte[3]);
    Files.setLastModifiedTime(path, FileTime.fromMillis(modifiedMs));
  }

  @Test
  void a_folder_that_is_not_there_is_a_typed_error() {
    AtomicFile file = new AtomicFile(folder.resolve("none/kept"));
    assertThrows(StorageException.class, () -> file.write(new byte[1]));
  }

  @Test
  void of_a_longer_file_one_byte_more_is_read() throws Exception {
    file().write(new byte[100_000]);
    assertEquals(50_001, file().read(50_000).length);
    assertEquals(100_000, file().read(100_000).length);
  }

  @Test
  void none_is_null_and_what_was_deleted_is_none() throws Exception {
    assertNull(file().read(10));
    file().write(new byte[1]);
    file().delete();
    file().delete();
    assertNull(file().read(10));
  }

  @Test
  void a_folder_in_its_place_is_a_typed_error() throws Exception {
    Files.createDirectory(folder.resolve("kept"));
    assertThrows(StorageException.class, () -> file().read(10));
  }

  @Test
  void a_new_folder_is_for_its_owner_only() throws Exception {
    Folder made = new Folder(folder.resolve("one/two"));
    made.make();
    made.make();
    made.flush();
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("one/two"))));
  }

  @Test
  void a_new_empty_file_is_for_its_owner_only_and_one_that_is_there_stays_as_it_is() throws Exception {
    OwnFile made = new OwnFile(folder.resolve("made"));
    made.make();
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("made"))));
    Files.write(folder.resolve("made"), new byte[3]);
    made.make();
    assertEquals(3, Files.size(folder.resolve("made")));
    assertThrows(StorageException.class, () -> new OwnFile(folder.resolve("none/made")).make());
  }

  private AtomicFile file() {
    return new AtomicFile(folder.resolve("kept"));
  }

  private List<String> names() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).collect(Collectors.toList());
    }
  }
}
