package fedexclient.storage;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A small file, for its owner only (mode 0600): after a kill at any instant it is the old one or the new one.
 *
 * <p>Several may write it at once, each under a name of its own, {@code .NAME.(random)}, until it is renamed. What a
 * writer that was killed left there goes with the first writing that comes an hour later.
 */
public final class AtomicFile {
  private static final int BLOCK_BYTES = 8 << 10;

  /** Of this device's writers and of a Python device's. */
  private static final Pattern RANDOM = Pattern.compile("[0-9a-f-]{16,36}");

  /** So long after the last byte, whatever there is of a small file, nobody goes on writing it. */
  private static final long GIVEN_UP_MS = 3_600_000;

  private final Path path;

  public AtomicFile(Path path) {
    this.path = path;
  }

  public Path path() {
    return path;
  }

  /**
   * Writes the file whole: under another name in its folder, which must be there, flushed, renamed.
   *
   * @throws StorageException nothing has changed, unless only the last flush of the folder failed
   */
  public void write(byte[] data) throws StorageException {
    Path temporary = path.resolveSibling(begin() + UUID.randomUUID());
    try {
      writeAndFlush(temporary, data);
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      remove(temporary, error);
      throw new StorageException(path, error);
    }
    sweep();
    folder().flush();
  }

  private String begin() {
    return "." + path.getFileName() + ".";
  }

  /** Removes what killed writers left, by the clock of the file system: the file itself was written just now. */
  private void sweep() {
    Path folder = path.toAbsolutePath().getParent();
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, this::isOfAWriter)) {
      long now = Files.getLastModifiedTime(path).toMillis();
      for (Path one : left) {
        if (Files.getLastModifiedTime(one).toMillis() < now - GIVEN_UP_MS) {
          Files.deleteIfExists(one);
        }
      }
    } catch (IOException | DirectoryIteratorException error) {
      // What was to be written is written; a later writing tries again.
    }
  }

  private boolean isOfAWriter(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(begin()) && RANDOM.matcher(name.substring(begin().length())).matches()
        && Files.isRegularFile(file);
  }

  /** By a stream: a channel closes, and the file breaks off, where the thread is interrupted. */
  private static void writeAndFlush(Path path, byte[] data) throws IOException {
    Files.createFile(path, OwnFile.MODE);
    try (FileOutputStream stream = new FileOutputStream(path.toFile())) {
      stream.write(data);
      stream.getFD().sync();
    }
  }

  private static void remove(Path temporary, IOException error) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException second) {
      error.addSuppressed(second);
    }
  }

  /**
   * Reads the file; null where there is none.
   *
   * @param maxBytes of a longer file one byte more than these is read, so that whoever parses it refuses it
   */
  public byte @Nullable [] read(int maxBytes) throws StorageException {
    try (InputStream stream = new FileInputStream(path.toFile())) {
      return read(stream, maxBytes + 1);
    } catch (FileNotFoundException error) {
      if (Files.notExists(path)) {
        return null;
      }
      throw new StorageException(path, error); // it is there, and may not be opened
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }

  private static byte[] read(InputStream stream, int maxBytes) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] block = new byte[BLOCK_BYTES];
    int size = stream.read(block, 0, Math.min(block.length, maxBytes));
    while (size > 0) {
      read.write(block, 0, size);
      size = stream.read(block, 0, Math.min(block.length, maxBytes - read.size()));
    }
    return read.toByteArray();
  }

  /** Removes the file; one that is not there stays so. */
  public void delete() throws StorageException {
    try {
      if (Files.deleteIfExists(path)) {
        folder().flush();
      }
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }

  private Folder folder() {
    return new Folder(path.toAbsolutePath().getParent());
  }
}
