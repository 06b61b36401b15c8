package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Names;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The heads that crashed what ran them, so that none does so with every pull.
 *
 * <pre>
 * heads/tried   {"format":1,"heads":[{"release": sha256 of the manifest, "head": sha256, "begun": 1}, ...]}
 * </pre>
 *
 * <p>A trial is noted before it begins, and the note goes when the head has answered, or was refused: one that is still
 * there never came so far. As a phone may be switched off meanwhile, or end what runs the head to have its memory, a
 * head is given up at the second such note.
 */
public final class TriedHeads {
  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 64 << 10;
  private static final int MAX_HEADS = 64;

  /** Trials of one head that were never ended. */
  private static final int MOST_BEGUN = 2;

  private final AtomicFile file;

  TriedHeads(AtomicFile file) {
    this.file = file;
  }

  /**
   * Whether a head is not to be tried again.
   *
   * @param release the sha256 of its manifest
   * @param head the sha256 of its file
   */
  public boolean isGivenUp(String release, String head) throws StorageException {
    return read().getOrDefault(key(release, head), 0) >= MOST_BEGUN;
  }

  /** Notes that a trial begins. */
  public void begin(String release, String head) throws StorageException {
    note(release, head, read().getOrDefault(key(release, head), 0) + 1);
  }

  /** Notes that a trial has ended with an answer, right or wrong. */
  public void end(String release, String head) throws StorageException {
    note(release, head, 0);
  }

  /** Takes back that a trial began: the head never ran in it. */
  public void takeBack(String release, String head) throws StorageException {
    note(release, head, read().getOrDefault(key(release, head), 0) - 1);
  }

  void forget() throws StorageException {
    file.delete();
  }

  private static List<String> key(String release, String head) {
    return Arrays.asList(release, head);
  }

  private void note(String release, String head, int begun) throws StorageException {
    Map<List<String>, Integer> noted = read();
    noted.remove(key(release, head));
    if (begun > 0) {
      noted.put(key(release, head), begun);
    }
    if (noted.isEmpty()) {
      file.delete();
    } else {
      file.write(encode(noted));
    }
  }

  private Map<List<String>, Integer> read() throws StorageException {
    byte @Nullable [] data = file.read(MAX_BYTES);
    try {
      return data == null ? new LinkedHashMap<>() : parse(data);
    } catch (ContractException error) {
      return new LinkedHashMap<>(); // a head is tried once more
    }
  }

  private static Map<List<String>, Integer> parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "tried", MAX_BYTES);
    fields.checkFormat(FORMAT);
    Map<List<String>, Integer> noted = new LinkedHashMap<>();
    for (Fields row : fields.documents("heads", MAX_HEADS)) {
      noted.put(key(row.name("release", Names.HEX64), row.name("head", Names.HEX64)),
          (int) row.integer("begun", 1, MOST_BEGUN));
    }
    return noted;
  }

  /** Of more heads than the document holds, the last. */
  private static byte[] encode(Map<List<String>, Integer> noted) {
    List<Map<String, Object>> rows = new ArrayList<>();
    noted.forEach((key, begun) -> {
      Map<String, Object> row = new HashMap<>();
      row.put("release", key.get(0));
      row.put("head", key.get(1));
      row.put("begun", begun);
      rows.add(row);
    });
    Map<String, Object> document = new HashMap<>();
    document.put("format", FORMAT);
    document.put("heads", rows.subList(Math.max(0, rows.size() - MAX_HEADS), rows.size()));
    try {
      return JsonWriter.sorted(document);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // hashes
    }
  }
}
