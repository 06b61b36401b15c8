package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.FileRef;
import fedexclient.contract.Sha256;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.ModelSource;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.Folder;
import fedexclient.storage.StorageException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files that installed heads are made of, and those that are on their way, each named by its hash.
 *
 * <pre>
 * heads/objects/SHA256   an envelope, a head, a label list; never changed
 * heads/partial/SHA256   a download on its way, continued where it stopped
 * </pre>
 */
public final class HeadObjects {
  private final Path objects;
  private final Path partial;

  HeadObjects(Path directory) {
    this.objects = directory.resolve("objects");
    this.partial = directory.resolve("partial");
  }

  /** Where an object of that hash is kept. */
  public Path object(String sha256) {
    return objects.resolve(sha256);
  }

  /** Where an object of that hash is kept while it is downloaded. */
  public Path partial(String sha256) {
    return partial.resolve(sha256);
  }

  void make() throws StorageException {
    new Folder(objects).make();
    new Folder(partial).make();
  }

  /** Keeps some bytes under their hash, and returns that; adding them again changes nothing. */
  public String add(byte[] data) throws StorageException {
    String sha256 = Sha256.hex(data);
    new AtomicFile(object(sha256)).write(data);
    return sha256;
  }

  /** Turns a download that is finished and verified into an object. */
  public void place(String sha256) throws StorageException {
    Path place = object(sha256);
    try {
      Files.move(partial(sha256), place, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      throw new StorageException(place, error);
    }
    new Folder(objects).flush();
  }

  /** Whether the object is there, whole. */
  public boolean has(FileRef reference) {
    try {
      check(object(reference.sha256()), reference);
      return true;
    } catch (ContractException | IOException error) {
      return false;
    }
  }

  /**
   * Refuses a file that is not the one referred to.
   *
   * @throws ContractException another size or another hash
   * @throws IOException it cannot be read
   */
  public static void check(Path file, FileRef reference) throws ContractException, IOException {
    try (InputStream stream = new FileInputStream(file.toFile())) {
      reference.check(stream, file.getFileName().toString());
    }
  }

  /** Reads an object of which no more than its hash is known. */
  byte[] read(String sha256, int maxBytes) throws HeadDamagedException {
    byte @Nullable [] data;
    try {
      data = new AtomicFile(object(sha256)).read(maxBytes);
    } catch (StorageException error) {
      throw new HeadDamagedException(String.valueOf(error.getMessage()));
    }
    if (data == null || !Sha256.hex(data).equals(sha256)) {
      throw new HeadDamagedException("object " + sha256 + ": expected it, got " + (data == null ? "none" : "another"));
    }
    return data;
  }

  /** Maps an object that is hashed first, and stays as it is: objects are replaced by renames only. */
  ByteBuffer map(FileRef reference) throws HeadDamagedException {
    Path file = object(reference.sha256());
    try {
      check(file, reference);
      return ModelSource.map(file.toFile());
    } catch (ContractException | IOException error) {
      throw new HeadDamagedException("object " + reference.sha256() + ": " + error.getMessage());
    }
  }

  /** Removes all but some. */
  void prune(Set<String> kept) throws StorageException {
    prune(objects, kept);
    prune(partial, kept);
  }

  private static void prune(Path folder, Set<String> kept) throws StorageException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, one -> !kept.contains(nameOf(one)))) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (DirectoryIteratorException error) {
      throw new StorageException(folder, error.getCause());
    } catch (IOException error) {
      throw new StorageException(folder, error);
    }
  }

  private static String nameOf(Path file) {
    return file.getFileName().toString();
  }
}
