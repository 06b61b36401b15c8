package fedexclient.sync;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.service.Stop;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.Folder;
import fedexclient.storage.StorageException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether the user lets features and labels go to the service of a group. Thread-safe.
 *
 * <pre>consent.json   {"format": 1, "given_ms": Unix milliseconds, "origin": the group's, or ""}</pre>
 *
 * <p>It counts for one group: what the user was asked about one is not said of another. What was given before the
 * device was of any is for the first that it joins ({@link #settle}). Without the file, and with one that cannot be read
 * as such, there is none.
 */
public final class Consent {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 1 << 10;

  private final Path folder;
  private final AtomicFile file;
  private final Set<Stop> uploading = new HashSet<>();
  private boolean isRefused;

  /** Names the folder of the device, which is made when consent is given. */
  public Consent(Path folder) {
    this.folder = folder;
    this.file = new AtomicFile(folder.resolve("consent.json"));
  }

  /** What the file says. */
  private static final class Given {
    private final long ms;
    private final String origin;

    Given(long ms, String origin) {
      this.ms = ms;
      this.origin = origin;
    }

    boolean countsFor(String asked) {
      return origin.isEmpty() || origin.equals(asked);
    }
  }

  /**
   * When it was given for a group, in Unix milliseconds; null where it is not.
   *
   * @param origin the group's ({@code Identity.origin()}), empty before enrolment
   */
  public synchronized @Nullable Long givenMs(String origin) throws StorageException {
    @Nullable Given given = given();
    return given == null || !given.countsFor(origin) ? null : given.ms;
  }

  private @Nullable Given given() throws StorageException {
    if (isRefused) {
      return null;
    }
    byte @Nullable [] data = file.read(MAX_BYTES);
    if (data == null) {
      return null;
    }
    try {
      Fields fields = JsonReader.readDocument(data, "consent", MAX_BYTES);
      fields.checkFormat(FORMAT);
      return new Given(fields.integer("given_ms"), fields.text("origin"));
    } catch (ContractException error) {
      return null; // the user is asked again
    }
  }

  /**
   * Keeps that the user gives it for a group, and for no other one any more; what was given before keeps its time.
   *
   * @param origin the group's, empty before enrolment
   */
  public synchronized void give(long nowMs, String origin) throws StorageException {
    @Nullable Long before = givenMs(origin);
    keep(before == null ? nowMs : before, origin);
    isRefused = false;
  }

  /** Has what was given before the device was of any group count for this one alone, which it has joined. */
  public synchronized void settle(String origin) throws StorageException {
    @Nullable Given given = given();
    if (given != null && given.origin.isEmpty()) {
      keep(given.ms, origin);
    }
  }

  private void keep(long ms, String origin) throws StorageException {
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("format", (long) FORMAT);
    document.put("given_ms", ms);
    document.put("origin", origin);
    new Folder(folder).make();
    try {
      file.write(JsonWriter.sorted(document));
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // names of the contract have no lone surrogates
    }
  }

  /**
   * Stops what is being uploaded, and keeps that it is withdrawn. What was uploaded stays there until it is erased.
   *
   * @throws StorageException it could not be kept: no upload is permitted until the process ends, and then they are again
   */
  public void withdraw() throws StorageException {
    for (Stop stop : refuse()) {
      stop.ask();
    }
    delete();
  }

  private synchronized Set<Stop> refuse() {
    isRefused = true;
    return new HashSet<>(uploading);
  }

  private synchronized void delete() throws StorageException {
    file.delete();
    isRefused = false;
  }

  /**
   * Lets an upload to a group begin, which stops when consent is withdrawn.
   *
   * @param stop of the upload
   * @param origin the group's
   * @return ends the permission; to be run when the upload has ended
   * @throws NoConsentException there is no consent for this group: nothing may be sent there
   */
  public synchronized Runnable permit(Stop stop, String origin) throws NoConsentException, StorageException {
    if (givenMs(origin) == null) {
      throw new NoConsentException();
    }
    settle(origin);
    uploading.add(stop);
    return () -> end(stop);
  }

  private synchronized void end(Stop stop) {
    uploading.remove(stop);
  }
}
