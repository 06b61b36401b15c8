package fedexclient.service;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Names;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import fedexclient.trust.UntrustedException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps that the service is to erase what a device uploaded until it has answered, and when it did.
 *
 * <pre>
 * erasure.json   {"format": 1, "device": "...", "answered_ms": Unix milliseconds, 0 before the service answered}
 * </pre>
 *
 * <p>What is acknowledged within 30 seconds after the answer may be erased with the rest, so that long nothing is sent.
 * The file stays, and says nothing of another device. The Python device has the same.
 */
public final class Erasure {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 1 << 10;
  private static final long SETTLES_MS = 30_000;

  private final AtomicFile file;
  private final String device;
  private final LongSupplier nowMs;

  /**
   * Names the folder of a device, which is there.
   *
   * @param device its id at the service
   * @param nowMs Unix milliseconds
   */
  public Erasure(Path home, String device, LongSupplier nowMs) {
    this.file = new AtomicFile(home.resolve("erasure.json"));
    this.device = device;
    this.nowMs = nowMs;
  }

  /** Keeps that the service is going to be asked: if it misses that, {@link #askAgain} asks. */
  public void wish() throws StorageException {
    keep(0);
  }

  /**
   * Asks the service; returns the name of the erasure.
   *
   * @throws StorageException the service knows, but it could not be kept that it does
   */
  public String ask(Service service) throws ServiceException, UntrustedException, StorageException {
    String erasure = service.eraseSamples();
    keep(nowMs.getAsLong());
    return erasure;
  }

  /** Asks the service if it missed an erasure; before anything else is sent. */
  public void askAgain(Service service) throws ServiceException, UntrustedException, StorageException {
    if (isMissed()) {
      ask(service);
    }
  }

  /** Whether the service is still to be asked. */
  public boolean isMissed() throws StorageException {
    @Nullable Long answered = answeredMs();
    return answered != null && answered == 0;
  }

  /** What is to be waited for before anything is sent that is not to be erased; null: nothing. */
  public @Nullable TryLaterException unsettled() throws StorageException {
    @Nullable Long answered = answeredMs();
    long leftMs = answered == null ? 0 : SETTLES_MS - Math.abs(nowMs.getAsLong() - answered);
    if (leftMs <= 0) {
      return null;
    }
    long leftS = (leftMs + 999) / 1_000;
    return new TryLaterException("erasure: expected 30 s since it, as what is sent before that may be erased with it, "
        + leftS + " s are left", leftS);
  }

  private void keep(long answeredMs) throws StorageException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("format", FORMAT);
    fields.put("device", device);
    fields.put("answered_ms", answeredMs);
    try {
      file.write(JsonWriter.sorted(fields));
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // ids have no lone surrogates
    }
  }

  /** Null: nothing was to be erased of this device. */
  private @Nullable Long answeredMs() throws StorageException {
    byte @Nullable [] data = file.read(MAX_BYTES);
    if (data == null) {
      return null;
    }
    try {
      Fields fields = JsonReader.readDocument(data, "erasure", MAX_BYTES);
      fields.checkFormat(FORMAT);
      return fields.name("device", Names.DEVICE).equals(device) ? fields.integer("answered_ms") : null;
    } catch (ContractException error) {
      return null; // garbled: whoever asked for it can ask again
    }
  }
}
