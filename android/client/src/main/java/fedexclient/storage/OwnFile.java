package fedexclient.storage;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** A file for its owner only (mode 0600) from its first instant on: features are biometric data. */
public final class OwnFile {
  static final FileAttribute<?> MODE = PosixFilePermissions.asFileAttribute(
      PosixFilePermissions.fromString("rw-------"));

  private final Path path;

  public OwnFile(Path path) {
    this.path = path;
  }

  /** Makes the file, empty, where it is not there yet. Nothing of one that is there is opened or changed. */
  public void make() throws StorageException {
    try {
      if (!Files.exists(path)) {
        Files.createFile(path, MODE);
      }
    } catch (FileAlreadyExistsException error) {
      // Another process was first.
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }
}
