package fedexclient.cache;

import fedexclient.storage.Folder;
import fedexclient.storage.OwnFile;
import fedexclient.storage.StorageException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of one cache: made for their owner only, and set aside together when what is in them is damaged.
 *
 * <pre>
 *   NAME, NAME-wal, NAME-shm           SQLite's
 *   NAME.suspect                       empty: what is above is damaged, and is set aside when it is opened next
 *   NAME.damaged, …-wal, …-shm         what was set aside last, until its user forgets it or has been told
 * </pre>
 *
 * <p>SQLite's files are never opened here: closing one would drop the locks that this process holds on it.
 */
final class CacheFiles {
  private static final List<String> SIDES = Arrays.asList("-wal", "-shm");

  /** What SQLite needs at least to open a file: its index of the log. */
  private static final int LEAST_FREE_BYTES = 64 << 10;

  private final File file;

  CacheFiles(File file) {
    this.file = file;
  }

  File file() {
    return file;
  }

  /** What was set aside last; null: nothing was, or it was dropped. */
  @Nullable File setAsideFile() {
    File damaged = beside(".damaged");
    return damaged.exists() ? damaged : null;
  }

  /** Makes the folder and an empty file where there is none, for their owner only. */
  void make() throws CacheException {
    try {
      new Folder(file.getAbsoluteFile().getParentFile().toPath()).make();
      new OwnFile(file.toPath()).make();
    } catch (StorageException error) {
      throw refused(error);
    }
  }

  /** Whether there is so little room that SQLite cannot work. */
  boolean isFull() {
    File folder = file.getAbsoluteFile().getParentFile();
    return folder.isDirectory() && folder.getUsableSpace() < LEAST_FREE_BYTES;
  }

  boolean isSuspect() {
    return beside(".suspect").exists();
  }

  /** Marks the files, so that they are set aside when they are opened next, and says so. */
  CacheDamagedException damaged(String how, Throwable cause) {
    mark();
    return new CacheDamagedException(file + ": " + how, cause);
  }

  /** As above, where nothing was thrown. */
  CacheDamagedException damaged(String how) {
    mark();
    return new CacheDamagedException(file + ": " + how);
  }

  private void mark() {
    try {
      Files.createFile(beside(".suspect").toPath());
    } catch (IOException error) {
      // It is marked already, or cannot be: then it is marked when it is met the next time.
    }
  }

  /**
   * Puts the files where {@link #setAsideFile} finds them, in the place of what was there. Killed on the way, it goes
   * on at the next time: the mark goes last.
   */
  void setAside() throws CacheException {
    mark();
    try {
      if (file.exists()) {
        for (String side : SIDES) {
          Files.deleteIfExists(beside(".damaged" + side).toPath());
        }
        move("");
      }
      for (String side : SIDES) {
        if (beside(side).exists()) {
          move(side);
        }
      }
      Files.deleteIfExists(beside(".suspect").toPath());
    } catch (IOException error) {
      throw refused(error);
    }
  }

  /** Deletes what was set aside last, if there is any. */
  void dropSetAside() throws CacheException {
    try {
      for (String side : SIDES) {
        Files.deleteIfExists(beside(".damaged" + side).toPath());
      }
      Files.deleteIfExists(beside(".damaged").toPath()); // last: until then it is said
    } catch (IOException error) {
      throw refused(error);
    }
  }

  private void move(String side) throws IOException {
    Files.move(beside(side).toPath(), beside(".damaged" + side).toPath(), StandardCopyOption.REPLACE_EXISTING);
  }

  private CacheException refused(Exception error) {
    String message = file + ": cannot be written: " + error.getMessage();
    return isFull() ? new CacheFullException(message, error) : new CacheAccessException(message, error);
  }

  private File beside(String ending) {
    return new File(file.getPath() + ending);
  }
}
