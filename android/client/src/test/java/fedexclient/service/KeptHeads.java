package fedexclient.service;

import fedexclient.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Heads of which a folder keeps only whether there are any, and whether their tags are known. */
final class KeptHeads implements Heads {
  private final Path heads;
  private final Path tags;
  boolean areBeingInstalled;

  KeptHeads(Path home) {
    this.heads = home.resolve("heads");
    this.tags = home.resolve("tags");
  }

  void install() throws IOException {
    Files.createDirectories(heads.getParent());
    Files.write(heads, new byte[1]);
    Files.write(tags, new byte[1]);
  }

  boolean areThere() {
    return Files.exists(heads);
  }

  boolean haveTags() {
    return Files.exists(tags);
  }

  @Override
  public Runnable hold() throws TryLaterException {
    if (areBeingInstalled) {
      throw new TryLaterException("another process is installing a head", (Long) null);
    }
    return () -> {};
  }

  @Override
  public void forget() throws StorageException {
    forgetTags();
    delete(heads);
  }

  @Override
  public void forgetTags() throws StorageException {
    delete(tags);
  }

  private static void delete(Path path) throws StorageException {
    try {
      Files.deleteIfExists(path);
    } catch (IOException error) {
      throw new StorageException(path, error);
    }
  }
}
