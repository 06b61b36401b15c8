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
 * Whether the user lets features and labels go to the service. Thread-safe.
 *
 * <pre>consent.json   {"format": 1, "given_ms": Unix milliseconds}</pre>
 *
 * <p>Without the file, and with one that cannot be read as such, there is none.
 */
public final class Consent {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 1 << 10;

  private final Path folder;
  private final AtomicFile file;
  private final Set<Stop> uploading = new HashSet<>();

  /** Names the folder of the device, which is made when consent is given. */
  public Consent(Path folder) {
    this.folder = folder;
    this.file = new AtomicFile(folder.resolve("consent.json"));
  }

  /** When it was given, in Unix milliseconds; null where it is not. */
  public synchronized @Nullable Long givenMs() throws StorageException {
    byte @Nullable [] data = file.read(MAX_BYTES);
    if (data == null) {
      return null;
    }
    try {
      Fields fields = JsonReader.readDocument(data, "consent", MAX_BYTES);
      return fields.integer("format") == FORMAT ? fields.integer("given_ms") : null;
    } catch (ContractException error) {
      return null; // the user is asked again
    }
  }

  /** Keeps that the user gives it; one that was given before keeps its time. */
  public synchronized void give(long nowMs) throws StorageException {
    if (givenMs() != null) {
      return;
    }
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("format", (long) FORMAT);
    document.put("given_ms", nowMs);
    new Folder(folder).make();
    try {
      file.write(JsonWriter.sorted(document));
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // two whole numbers
    }
  }

  /** Keeps that it is withdrawn, and stops what is being uploaded. What was uploaded stays there until it is erased. */
  public void withdraw() throws StorageException {
    Set<Stop> stopped;
    synchronized (this) {
      file.delete();
      stopped = new HashSet<>(uploading);
    }
    for (Stop stop : stopped) {
      stop.ask();
    }
  }

  /**
   * Lets an upload begin, which stops when consent is withdrawn.
   *
   * @param stop of the upload
   * @return ends the permission; to be run when the upload has ended
   * @throws NoConsentException there is no consent: nothing may be sent
   */
  public synchronized Runnable permit(Stop stop) throws NoConsentException, StorageException {
    if (givenMs() == null) {
      throw new NoConsentException();
    }
    uploading.add(stop);
    return () -> end(stop);
  }

  private synchronized void end(Stop stop) {
    uploading.remove(stop);
  }
}
