package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.Golden;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;

/** The small files in the folder of heads, as bytes that somebody may have changed. */
public final class KeptHeadFiles {
  private static final String NAME = String.join("", Collections.nCopies(64, "a"));

  private KeptHeadFiles() {}

  public static byte[] pointer() {
    return HeadPointer.encode(Arrays.asList(
        new HeadEntry(NAME, Precision.DYNAMIC, "\"1\"", Precision.DYNAMIC),
        new HeadEntry(NAME.replace('a', 'b'), null, "", Precision.DYNAMIC)));
  }

  /** Reads a pointer; what was read is written and read again. */
  public static void readPointer(byte[] data) throws ContractException {
    reread(HeadPointer.encode(HeadPointer.parse(data)), HeadPointer::parse);
  }

  public static byte[] floors() throws Exception {
    return Floors.NONE.raised(Collections.singletonList(Manifest.parse(Golden.bytes("manifest.json")))).encode();
  }

  public static void readFloors(byte[] data) throws ContractException {
    reread(Floors.parse(data).encode(), Floors::parse);
  }

  public static byte[] tried(Path folder) throws StorageException, java.io.IOException {
    Path file = folder.resolve("tried");
    new TriedHeads(new AtomicFile(file)).begin(NAME, NAME);
    return Files.readAllBytes(file);
  }

  /** Reads what was tried, and notes one more. */
  public static void readTried(Path folder, byte[] data) throws StorageException, java.io.IOException {
    Path file = folder.resolve("tried");
    Files.write(file, data);
    TriedHeads tried = new TriedHeads(new AtomicFile(file));
    tried.isGivenUp(NAME, NAME);
    tried.begin(NAME, NAME);
    tried.end(NAME, NAME);
  }

  private interface Reading {
    Object parse(byte[] data) throws ContractException;
  }

  private static void reread(byte[] written, Reading reading) {
    try {
      reading.parse(written);
    } catch (ContractException error) {
      throw new AssertionError(error);
    }
  }
}
