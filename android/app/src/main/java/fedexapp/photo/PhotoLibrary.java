package fedexapp.photo;

import fedexclient.contract.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The photos of the grid, in a folder of the app's own that no backup takes along. Blocks; in one thread at a time.
 *
 * <pre>
 * photos/&lt;sha256&gt;         a photo as it was stored
 * photos/&lt;sha256&gt;.part    one that was not written to its end, removed when the next one is added
 * </pre>
 */
public final class PhotoLibrary {
  /** Of a photo's file. */
  public static final int MAX_BYTES = 64 << 20;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
  private static final String PART = ".part";

  private final Supplier<File> folder;

  /**
   * Begins with what is there.
   *
   * @param folder tells where; asked by what blocks alone, as Android looks at its storage to tell it
   */
  public PhotoLibrary(Supplier<File> folder) {
    this.folder = folder;
  }

  /** Lists them, the one that was added last first. */
  public List<StoredPhoto> list() {
    File[] files = files();
    Arrays.sort(files, Comparator.comparingLong(File::lastModified).reversed().thenComparing(File::getName));
    List<StoredPhoto> photos = new ArrayList<>();
    for (File file : files) {
      if (ID.matcher(file.getName()).matches()) {
        photos.add(new StoredPhoto(file.getName()));
      }
    }
    return photos;
  }

  private File[] files() {
    File[] files = folder.get().listFiles();
    return files == null ? new File[0] : files;
  }

  /**
   * Adds one; adding it again moves it to the front.
   *
   * @throws PhotoTooLargeException over 64 MiB
   * @throws UnreadablePhotoException Android cannot show it
   */
  public StoredPhoto add(InputStream stored) throws IOException, PhotoTooLargeException, UnreadablePhotoException {
    byte[] bytes = bounded(stored);
    PhotoDecoder.size(bytes);
    StoredPhoto photo = new StoredPhoto(Sha256.hex(bytes));
    write(bytes, new File(folder.get(), photo.id()));
    return photo;
  }

  private static byte[] bounded(InputStream stored) throws IOException, PhotoTooLargeException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] piece = new byte[1 << 16];
    for (int read = stored.read(piece); read >= 0; read = stored.read(piece)) {
      if (bytes.size() + read > MAX_BYTES) {
        throw new PhotoTooLargeException(MAX_BYTES);
      }
      bytes.write(piece, 0, read);
    }
    return bytes.toByteArray();
  }

  private void write(byte[] bytes, File target) throws IOException {
    File home = target.getParentFile();
    if (home == null || !home.isDirectory() && !home.mkdirs()) {
      throw new IOException("no folder for photos can be made");
    }
    removeParts();
    File part = new File(home, target.getName() + PART);
    try (FileOutputStream out = new FileOutputStream(part)) {
      out.write(bytes);
      out.getFD().sync();
    }
    // Later than all others, also within one tick of the clock, and if it was set back: by that they are in order.
    long now = Math.max(System.currentTimeMillis(), newest() + 1);
    if (!part.setLastModified(now) || !part.renameTo(target)) {
      throw new IOException("a photo cannot be given its time and its name");
    }
  }

  private long newest() {
    long newest = 0;
    for (File file : files()) {
      newest = file.getName().endsWith(PART) ? newest : Math.max(newest, file.lastModified());
    }
    return newest;
  }

  private void removeParts() throws IOException {
    for (File file : files()) {
      if (file.getName().endsWith(PART) && !file.delete()) {
        throw new IOException("what was left of a photo cannot be removed");
      }
    }
  }

  /**
   * Reads one as it was stored.
   *
   * @throws IOException it was removed meanwhile, or the storage is broken
   */
  public byte[] read(StoredPhoto photo) throws IOException {
    File file = new File(folder.get(), photo.id());
    try (InputStream in = new FileInputStream(file)) {
      byte[] bytes = new byte[(int) Math.min(file.length(), MAX_BYTES)];
      int filled = 0;
      for (int read = 0; read >= 0 && filled < bytes.length; filled += Math.max(read, 0)) {
        read = in.read(bytes, filled, bytes.length - filled);
      }
      return Arrays.copyOf(bytes, filled);
    }
  }

  /** Removes the app's copy of one; removing it again changes nothing. */
  public void remove(StoredPhoto photo) throws IOException {
    File file = new File(folder.get(), photo.id());
    if (!file.delete() && file.exists()) {
      throw new IOException("a photo cannot be removed");
    }
  }
}
