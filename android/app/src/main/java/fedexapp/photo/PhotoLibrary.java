package fedexapp.photo;

import fedexclient.contract.Sha256;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
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
 * photos/new.part         one that is being added, or was not to its end: removed when the next one is added
 * </pre>
 */
public final class PhotoLibrary {
  /** Of a photo's file. */
  public static final int MAX_BYTES = 64 << 20;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
  private static final String PART = ".part";
  private static final int PIECE_BYTES = 1 << 16;

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
   * @throws FileTooLargeException over 64 MiB
   * @throws UnreadablePhotoException Android cannot show it
   */
  public StoredPhoto add(InputStream stored) throws IOException, FileTooLargeException, UnreadablePhotoException {
    File home = folder.get();
    if (!home.isDirectory() && !home.mkdirs()) {
      throw new IOException("no folder for photos can be made");
    }
    removeParts();
    File part = new File(home, "new" + PART);
    try {
      StoredPhoto photo = new StoredPhoto(write(stored, part));
      ShownPhotos.check(part);
      name(part, new File(home, photo.id()));
      return photo;
    } finally {
      part.delete(); // where it got its name, there is none
    }
  }

  /** Writes a photo piece by piece, as it may be larger than what memory is left; tells its sha256. */
  private static String write(InputStream stored, File part) throws IOException, FileTooLargeException {
    MessageDigest sha256 = Sha256.digest();
    try (FileOutputStream out = new FileOutputStream(part)) {
      byte[] piece = new byte[PIECE_BYTES];
      long written = 0;
      for (int read = stored.read(piece); read >= 0; read = stored.read(piece)) {
        written += read;
        if (written > MAX_BYTES) {
          throw new FileTooLargeException(MAX_BYTES);
        }
        sha256.update(piece, 0, read);
        out.write(piece, 0, read);
      }
      out.getFD().sync();
    }
    return Sha256.hexDigits(sha256.digest());
  }

  private void name(File part, File target) throws IOException {
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

  /** Where one lies, for what need not have all of it in memory. */
  public File file(StoredPhoto photo) {
    return new File(folder.get(), photo.id());
  }

  /**
   * Reads one as it was stored.
   *
   * @throws IOException it was removed meanwhile, or the storage is broken
   */
  public byte[] read(StoredPhoto photo) throws IOException {
    File file = file(photo);
    try (InputStream in = new FileInputStream(file)) {
      byte[] bytes = new byte[(int) Math.min(file.length(), MAX_BYTES)];
      int filled = 0;
      for (int read = 0; read >= 0 && filled < bytes.length; filled += Math.max(read, 0)) {
        read = in.read(bytes, filled, bytes.length - filled);
      }
      return filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
    }
  }

  /** Removes the app's copy of one; removing it again changes nothing. */
  public void remove(StoredPhoto photo) throws IOException {
    File file = file(photo);
    if (!file.delete() && file.exists()) {
      throw new IOException("a photo cannot be removed");
    }
  }
}
