package fedexclient.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
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

  private AtomicFile file() {
    return new AtomicFile(folder.resolve("kept"));
  }

  private List<String> names() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).collect(Collectors.toList());
    }
  }
}
