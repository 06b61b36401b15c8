package fedexclient.contract;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** One file of a bundle, read within its bound and compared with what the bundle's document says of it. */
final class BundleFile {
  private static final int CHUNK_BYTES = 64 << 10;

  private final BundleSource source;
  private final String name;

  BundleFile(BundleSource source, String name) {
    this.source = source;
    this.name = name;
  }

  /** Reads the whole file, of at most so many bytes. */
  byte[] read(long maxBytes) throws ContractException, IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    if (pump(maxBytes, (chunk, length) -> data.write(chunk, 0, length)) > maxBytes) {
      throw new TooLargeException(name, "at most " + maxBytes + " bytes", "more");
    }
    return data.toByteArray();
  }

  /** Reads the file that is referred to, and refuses another one. */
  byte[] read(FileRef expected) throws ContractException, IOException {
    byte[] data = read(expected.size());
    expected.check(data, name);
    return data;
  }

  /** Refuses a file that is not the one referred to, without holding it in memory. */
  void check(FileRef expected) throws ContractException, IOException {
    MessageDigest digest = Sha256.digest();
    long size = pump(expected.size(), (chunk, length) -> digest.update(chunk, 0, length));
    expected.checkSame(FileRef.of(digest.digest(), size), name);
  }

  /** Hands on what is read until there is more than the bound; returns how much was read. */
  private long pump(long bound, Sink sink) throws ContractException, IOException {
    long size = 0;
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream stream = source.open(name)) {
      for (int read = stream.read(chunk); read >= 0 && size <= bound; read = stream.read(chunk)) {
        size += read;
        sink.take(chunk, read);
      }
    } catch (FileNotFoundException error) {
      throw new MalformedException(name, "a file", "none");
    }
    return size;
  }

  private interface Sink {
    void take(byte[] chunk, int length);
  }
}
