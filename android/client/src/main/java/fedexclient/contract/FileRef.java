package fedexclient.contract;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** A file named by what is in it. */
public final class FileRef {
  private static final int BLOCK_BYTES = 64 << 10;

  private final String sha256;
  private final long size;

  private FileRef(String sha256, long size) {
    this.sha256 = sha256;
    this.size = size;
  }

  /** Refers to some data. */
  public static FileRef of(byte[] data) {
    return new FileRef(Sha256.hex(data), data.length);
  }

  /** Refers to a file by what is known of it. */
  public static FileRef named(String sha256, long size) throws MalformedException {
    return new FileRef(Names.check(sha256, Names.HEX64, "file"), size);
  }

  /** Refers to a file that was hashed in pieces. */
  static FileRef of(byte[] sha256, long size) {
    return new FileRef(Sha256.hexDigits(sha256), size);
  }

  static FileRef parse(Fields fields, long maxBytes) throws ContractException {
    long size = fields.integer("size", 1, JsonReader.MAX_INTEGER);
    if (size > maxBytes) {
      throw new TooLargeException(fields.place("size"), "at most " + maxBytes + " bytes", size + " bytes");
    }
    return new FileRef(fields.name("sha256", Names.HEX64), size);
  }

  /** 64 hexadecimal digits. */
  public String sha256() {
    return sha256;
  }

  /** In bytes. */
  public long size() {
    return size;
  }

  /**
   * Refuses data that is not the file referred to.
   *
   * @throws ImpossibleException another size or another hash
   */
  public void check(byte[] data, String where) throws ImpossibleException {
    checkSame(of(data), where);
  }

  /**
   * Refuses a stream that is not the file referred to, without holding it in memory; at most one block more than the
   * size is read.
   *
   * @throws ImpossibleException another size or another hash
   */
  public void check(InputStream stream, String where) throws ImpossibleException, IOException {
    MessageDigest digest = Sha256.digest();
    byte[] block = new byte[BLOCK_BYTES];
    long read = 0;
    for (int count = stream.read(block); count >= 0 && read <= size; count = stream.read(block)) {
      read += count;
      digest.update(block, 0, count);
    }
    checkSame(of(digest.digest(), read), where);
  }

  void checkSame(FileRef got, String where) throws ImpossibleException {
    if (got.size != size) {
      throw new ImpossibleException(where, size + " bytes", got.size + " bytes");
    }
    if (!got.sha256.equals(sha256)) {
      throw new ImpossibleException(where, "sha256 " + sha256, got.sha256);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FileRef && ((FileRef) other).sha256.equals(sha256) && ((FileRef) other).size == size;
  }

  @Override
  public int hashCode() {
    return sha256.hashCode();
  }

  @Override
  public String toString() {
    return sha256 + ", " + size + " bytes";
  }
}
