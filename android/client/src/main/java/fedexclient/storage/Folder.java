package fedexclient.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** A folder for its owner only. */
public final class Folder {
  private static final FileAttribute<?> OWN = PosixFilePermissions.asFileAttribute(
      PosixFilePermissions.fromString("rwx------"));

  private final Path path;

  public Folder(Path path) {
    this.path = path;
  }

  /** Makes the folder, and those above it, where it is not there yet. */
  public void make() throws StorageException {
    try {
      if (!Files.isDirectory(path)) {
        Files.createDirectories(path, OWN);
      }
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }

  /** Lets what was made, renamed or removed in the folder survive a loss of power; also where it is interrupted. */
  public void flush() throws StorageException {
    try {
      Uninterrupted.run(() -> {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
          channel.force(true);
          return path;
        }
      });
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }
}
