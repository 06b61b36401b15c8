package fedexclient.sync;

import fedexclient.contract.Cadence;
import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.Folder;
import fedexclient.storage.StorageException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the last push and the last pull ended, and how many rounds failed in a row. Thread-safe.
 *
 * <pre>
 * sync.json   {"format": 1, "failures": 0, "push": {"ended_ms": ..., "number": 3, "trouble": null}, "pull": {...}}
 * </pre>
 *
 * <p>Where it cannot be read or written, nothing else is kept from being done: it is of use to people, and to waits.
 */
public final class SyncLog {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 16 << 10;
  private static final long MOST_FAILURES = 64;

  private final Path folder;
  private final AtomicFile file;

  /** Names the folder of the device. */
  public SyncLog(Path folder) {
    this.folder = folder;
    this.file = new AtomicFile(folder.resolve("sync.json"));
  }

  /** What is kept of a push or a pull. */
  public static final class Entry {
    private final long endedMs;
    private final long number;
    private final @Nullable String trouble;

    private Entry(long endedMs, long number, @Nullable String trouble) {
      this.endedMs = endedMs;
      this.number = number;
      this.trouble = trouble;
    }

    /** When it ended, in Unix milliseconds. */
    public long endedMs() {
      return endedMs;
    }

    /** The samples that a push sent; the serial that a pull installed, 0 where it found nothing newer. */
    public long number() {
      return number;
    }

    /** The name of what was wrong; null: nothing was. */
    public @Nullable String trouble() {
      return trouble;
    }
  }

  /** How the last push ended; null where there was none. */
  public @Nullable Entry push() {
    return entry(read(), "push");
  }

  /** How the last pull ended; null where there was none. */
  public @Nullable Entry pull() {
    return entry(read(), "pull");
  }

  /** Keeps how a push ended, and how many samples it sent. */
  public void notePush(long endedMs, long samples, @Nullable String trouble) {
    note("push", endedMs, samples, trouble);
  }

  /** Keeps how a pull ended, and which release it installed; 0: none. */
  public void notePull(long endedMs, long serial, @Nullable String trouble) {
    note("pull", endedMs, serial, trouble);
  }

  /**
   * Keeps whether a round failed, and draws how long to wait for the next one.
   *
   * @param draw a random number from 0 to 1, without 1
   * @return seconds
   */
  public synchronized double waitS(Round round, SyncPolicy policy, double draw) {
    Map<String, @Nullable Object> document = read();
    Object before = document.get("failures");
    long failed = before instanceof Long ? Math.max(0, (Long) before) : 0;
    long failures = round.isPutOff() ? Math.min(MOST_FAILURES, failed + 1) : 0;
    document.put("failures", failures);
    write(document);
    return Cadence.waitS(policy.intervalS(), failures, round.retryAfterS(), draw);
  }

  private synchronized void note(String key, long endedMs, long number, @Nullable String trouble) {
    Map<String, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("ended_ms", endedMs);
    entry.put("number", number);
    entry.put("trouble", trouble);
    Map<String, @Nullable Object> document = read();
    document.put(key, entry);
    write(document);
  }

  private static @Nullable Entry entry(Map<String, @Nullable Object> document, String key) {
    Object kept = document.get(key);
    if (!(kept instanceof Map)) {
      return null;
    }
    Object endedMs = ((Map<?, ?>) kept).get("ended_ms");
    Object number = ((Map<?, ?>) kept).get("number");
    Object trouble = ((Map<?, ?>) kept).get("trouble");
    if (!(endedMs instanceof Long) || !(number instanceof Long)) {
      return null;
    }
    return new Entry((Long) endedMs, (Long) number, trouble instanceof String ? (String) trouble : null);
  }

  private synchronized Map<String, @Nullable Object> read() {
    try {
      byte @Nullable [] data = file.read(MAX_BYTES);
      if (data != null) {
        Fields fields = JsonReader.readDocument(data, "sync", MAX_BYTES);
        if (fields.integer("format") == FORMAT) {
          return new LinkedHashMap<>(fields.asMap());
        }
      }
    } catch (StorageException | ContractException error) {
      // It begins anew.
    }
    Map<String, @Nullable Object> empty = new LinkedHashMap<>();
    empty.put("format", (long) FORMAT);
    return empty;
  }

  private void write(Map<String, @Nullable Object> document) {
    try {
      new Folder(folder).make();
      file.write(JsonWriter.sorted(document));
    } catch (StorageException | ImpossibleException error) {
      // Whoever looks sees what was before.
    }
  }
}
