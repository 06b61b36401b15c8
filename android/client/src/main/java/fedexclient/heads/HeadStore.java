package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.Envelope;
import fedexclient.contract.HeadFile;
import fedexclient.contract.LabelList;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.InstalledHead;
import fedexclient.recognise.InstalledHeads;
import fedexclient.service.Heads;
import fedexclient.service.TryLaterException;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The folder of installed heads: verified files, and one pointer that says which of them serves.
 *
 * <pre>
 * heads/
 *   objects/, partial/   files by their hash ({@link HeadObjects})
 *   current              the pointer: the newest head, and the one before ({@link HeadPointer})
 *   floors               the newest release ever installed of each line ({@link Floors})
 *   tried                heads that crashed what ran them ({@link TriedHeads}); this side's only
 *   lock                 held while one process installs
 * </pre>
 *
 * <p>Objects are written first, then the floor, and the pointer last, by one rename: whoever reads finds the old head or
 * the new one, whole. The head before stays, so that a damaged one can be stepped over. What a release withdraws leaves
 * the pointer, which may name no head then. Where a release says that the head of the bundle serves, it is the only
 * entry; a newer head that is installed keeps it as the one before.
 *
 * <p>The folder may be missing, and reading never writes. Reading is for any thread and process; what writes is for
 * whoever holds {@link #install}.
 */
public final class HeadStore implements InstalledHeads, Heads {
  private final Path directory;
  private final HeadObjects objects;
  private final AtomicFile pointer;
  private final AtomicFile floors;

  public HeadStore(Path directory) {
    this.directory = directory;
    this.objects = new HeadObjects(directory);
    this.pointer = new AtomicFile(directory.resolve("current"));
    this.floors = new AtomicFile(directory.resolve("floors"));
  }

  public Path directory() {
    return directory;
  }

  /** The files that heads are made of. */
  public HeadObjects objects() {
    return objects;
  }

  /** Which heads crashed what ran them. */
  public TriedHeads tried() {
    return new TriedHeads(new AtomicFile(directory.resolve("tried")));
  }

  @Override
  public Object stamp() {
    try {
      BasicFileAttributes read = Files.readAttributes(pointer.path(), BasicFileAttributes.class);
      return Arrays.asList(read.fileKey(), read.lastModifiedTime());
    } catch (IOException error) {
      return Collections.emptyList(); // none is installed
    }
  }

  @Override
  public List<Entry> newestFirst() throws HeadDamagedException {
    List<Entry> entries = new ArrayList<>();
    for (HeadEntry entry : entries()) {
      entries.add(new Kept(entry));
    }
    return entries;
  }

  /** An entry as whoever serves it sees it. */
  private final class Kept implements Entry {
    private final HeadEntry entry;

    Kept(HeadEntry entry) {
      this.entry = entry;
    }

    @Override
    public boolean isBundled() {
      return entry.precision() == null;
    }

    @Override
    public InstalledHead load() throws HeadDamagedException {
      return HeadStore.this.load(entry);
    }
  }

  /**
   * Reads the pointer: the newest head first; empty where nothing is installed.
   *
   * @throws HeadDamagedException it cannot be read, or is garbled
   */
  public List<HeadEntry> entries() throws HeadDamagedException {
    try {
      byte @Nullable [] data = Files.exists(pointer.path()) ? pointer.read(HeadPointer.MAX_BYTES) : null;
      return data == null ? Collections.emptyList() : HeadPointer.parse(data);
    } catch (StorageException | ContractException error) {
      throw new HeadDamagedException("pointer to the installed heads: " + error.getMessage());
    }
  }

  /**
   * Reads the manifest of one installed head, which was verified when it was installed.
   *
   * @throws HeadDamagedException its file is missing or is another one
   */
  public Manifest manifest(HeadEntry entry) throws HeadDamagedException {
    byte[] data = objects.read(entry.envelope(), Envelope.MAX_BYTES);
    try {
      return Manifest.parse(Envelope.parse(data, Envelope.MAX_BYTES).payload());
    } catch (ContractException error) {
      throw new HeadDamagedException("installed manifest: " + error.getMessage());
    }
  }

  /** The newest release ever installed of each line, by the file of floors and the manifests that are still here. */
  public Floors floors() throws StorageException {
    return Floors.read(floors).raised(readableManifests());
  }

  /**
   * Reads one installed head, its label list included, and hashes everything again; its model is mapped.
   *
   * @throws HeadDamagedException a part is missing or is another one
   */
  public InstalledHead load(HeadEntry entry) throws HeadDamagedException {
    Manifest manifest = manifest(entry);
    @Nullable HeadFile file = manifest.heads().get(entry.precision());
    if (file == null) {
      throw new HeadDamagedException("installed head " + manifest.serial() + ": expected a head, got a release without");
    }
    try {
      byte[] labels = objects.read(manifest.labels().sha256(), LabelList.MAX_BYTES);
      manifest.labels().check(labels, "labels");
      return new InstalledHead(manifest, file, LabelList.parse(labels).labels(), objects.map(file.file()));
    } catch (ContractException | HeadDamagedException error) {
      throw new HeadDamagedException("installed head " + manifest.serial() + ": " + error.getMessage());
    }
  }

  /**
   * Holds the lock that makes one process and thread at a time install, and makes the folders.
   *
   * @throws TryLaterException another one is installing
   */
  public Installing install() throws TryLaterException, StorageException {
    objects.make();
    ExclusiveLock.@Nullable Held held = new ExclusiveLock(directory.resolve("lock")).tryHold();
    if (held == null) {
      throw new TryLaterException(directory + ": another process is installing a head", (Long) null);
    }
    return new Installing(held);
  }

  @Override
  public Runnable hold() throws TryLaterException, StorageException {
    return install()::close;
  }

  /** The lock while it is held; closed by the thread that took it. */
  public static final class Installing implements AutoCloseable {
    private final ExclusiveLock.Held held;

    private Installing(ExclusiveLock.Held held) {
      this.held = held;
    }

    @Override
    public void close() {
      held.close();
    }
  }

  /**
   * Makes a head the one that serves, and keeps the one before; its objects are there already.
   *
   * <p>Its floor comes first: if the process is killed then, the same release is installed by the next pull.
   */
  public void swap(HeadEntry entry) throws StorageException {
    pointAt(entry, entriesOrNone());
  }

  /** Keeps a newer release of the newest head in its place; the head before stays the one before. */
  public void renew(HeadEntry entry) throws StorageException {
    List<HeadEntry> before = entriesOrNone();
    pointAt(entry, before.subList(Math.min(1, before.size()), before.size()));
  }

  private List<HeadEntry> entriesOrNone() {
    try {
      return entries();
    } catch (HeadDamagedException error) {
      return Collections.emptyList(); // the garbled pointer is what is being replaced
    }
  }

  private void pointAt(HeadEntry entry, List<HeadEntry> before) throws StorageException {
    Manifest manifest = written(entry);
    List<HeadEntry> kept = new ArrayList<>(Collections.singletonList(entry));
    for (HeadEntry one : before) {
      if (!one.envelope().equals(entry.envelope()) && kept.size() < HeadPointer.KEPT_HEADS && mayServe(one, manifest)) {
        kept.add(one);
      }
    }
    floors.write(floors().raised(Collections.singletonList(manifest)).encode());
    pointer.write(HeadPointer.encode(kept));
  }

  /** The manifest of an envelope that has just been written. */
  private Manifest written(HeadEntry entry) throws StorageException {
    try {
      return manifest(entry);
    } catch (HeadDamagedException error) {
      throw new StorageException(objects.object(entry.envelope()), new IOException(error.getMessage()));
    }
  }

  /** Whether the head before may be stepped back to: none that is withdrawn, or that cannot be read. */
  private boolean mayServe(HeadEntry entry, Manifest after) {
    try {
      return !after.heads().isEmpty() && !withdraws(after, manifest(entry));
    } catch (HeadDamagedException error) {
      return false;
    }
  }

  /**
   * Lets go of the heads that a release withdraws, for whomever it is; another one, or the bundle's, serves then.
   *
   * @return whether the newest installed head was among them
   */
  public boolean letGo(Manifest release) throws StorageException {
    List<HeadEntry> entries = entriesOrNone(); // of a garbled pointer none serves
    List<HeadEntry> kept = new ArrayList<>();
    for (HeadEntry entry : entries) {
      if (!isWithdrawn(entry, release)) {
        kept.add(entry);
      }
    }
    if (kept.size() == entries.size()) {
      return false;
    }
    floors.write(floors().encode()); // the manifests say no more what was installed
    pointer.write(HeadPointer.encode(kept));
    return !kept.contains(entries.get(0));
  }

  private boolean isWithdrawn(HeadEntry entry, Manifest by) {
    try {
      return withdraws(by, manifest(entry));
    } catch (HeadDamagedException error) {
      return false; // it serves no more either
    }
  }

  /** Whether a release withdraws an installed one; serials of another line say nothing about it. */
  private static boolean withdraws(Manifest release, Manifest installed) {
    return ReleaseLine.of(installed).equals(ReleaseLine.of(release))
        && release.withdraws().contain(installed.serial());
  }

  /** Keeps that a release was judged and is for others: none before it may come any more. */
  public void passOver(Manifest manifest, String etag) throws StorageException {
    floors.write(floors().passing(manifest, etag).encode());
  }

  /** Asks anew for what was passed over, as it may be for who the device is now. */
  @Override
  public void forgetTags() throws StorageException {
    if (Files.exists(floors.path())) {
      floors.write(floors().withoutTags().encode());
    }
  }

  /** Goes back to the bundle's head and trusts anew, as when the device leaves its group, whose names go too. */
  @Override
  public void forget() throws StorageException {
    floors.delete();
    pointer.delete();
    tried().forget();
    if (Files.exists(directory)) {
      prune(Collections.emptySet());
    }
  }

  /**
   * Removes what neither the pointer nor {@code keep} names: old heads, and what a killed process left behind.
   *
   * @param keep names of objects
   */
  public void prune(Set<String> keep) throws StorageException {
    Set<String> kept = new HashSet<>(keep);
    try {
      for (HeadEntry entry : entries()) {
        kept.addAll(names(entry));
      }
    } catch (HeadDamagedException error) {
      return; // nobody knows what is in use
    }
    objects.prune(kept);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ".{current,floors,tried}.*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (DirectoryIteratorException error) {
      throw new StorageException(directory, error.getCause());
    } catch (IOException error) {
      throw new StorageException(directory, error);
    }
  }

  private List<String> names(HeadEntry entry) {
    List<String> names = new ArrayList<>(Collections.singletonList(entry.envelope()));
    try {
      Manifest manifest = manifest(entry);
      @Nullable Precision precision = entry.precision();
      @Nullable HeadFile file = precision == null ? null : manifest.heads().get(precision);
      if (file != null) {
        names.add(manifest.labels().sha256());
        names.add(file.file().sha256());
      }
    } catch (HeadDamagedException error) {
      return names; // it names nothing any more
    }
    return names;
  }

  private List<Manifest> readableManifests() {
    List<Manifest> manifests = new ArrayList<>();
    for (HeadEntry entry : entriesOrNone()) { // a garbled pointer names none
      try {
        manifests.add(manifest(entry));
      } catch (HeadDamagedException error) {
        continue; // it says nothing any more
      }
    }
    return manifests;
  }
}
