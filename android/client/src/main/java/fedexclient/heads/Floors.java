package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Manifest;
import fedexclient.contract.Names;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest release that was ever installed of each line.
 *
 * <pre>
 * heads/floors   {"format":1,"floors":[{"group","space","channel","serial","issued","passed","etag"}, ...]}
 * </pre>
 *
 * <p>A device never goes back behind a floor, whatever has become of the head itself: it may be damaged or gone, or one
 * of another channel may serve. A channel of a later version has a floor too, which stays as it stands: the app may be
 * updated again.
 */
public final class Floors {
  /** Where nothing was ever installed. */
  public static final Floors NONE = new Floors(Collections.emptyMap());

  static final int MAX_LINES = 1_000;
  static final int MAX_BYTES = 1 << 20;

  private static final int FORMAT = 1;

  /** Last what was added last. */
  private final Map<ReleaseLine, ReleaseFloor> floors;

  Floors(Map<ReleaseLine, ReleaseFloor> floors) {
    this.floors = Collections.unmodifiableMap(floors);
  }

  /** The floor of a line; {@link ReleaseFloor#NONE} where nothing of it was ever installed. */
  public ReleaseFloor of(ReleaseLine line) {
    return floors.getOrDefault(line, ReleaseFloor.NONE);
  }

  /** The newest time of issue of a group, whatever the line; 0: none was installed. */
  public long issued(String group) {
    long issued = 0;
    for (Map.Entry<ReleaseLine, ReleaseFloor> entry : floors.entrySet()) {
      issued = entry.getKey().group().equals(group) ? Math.max(issued, entry.getValue().issued()) : issued;
    }
    return issued;
  }

  /** All of them, by line. */
  public Map<ReleaseLine, ReleaseFloor> byLine() {
    return floors;
  }

  /** The floors with some installed releases added. */
  Floors raised(List<Manifest> manifests) {
    Map<ReleaseLine, ReleaseFloor> raised = new LinkedHashMap<>(floors);
    for (Manifest manifest : manifests) {
      ReleaseLine line = ReleaseLine.of(manifest);
      @Nullable ReleaseFloor before = raised.remove(line);
      raised.put(line, (before == null ? ReleaseFloor.NONE : before).raised(manifest));
    }
    return new Floors(raised);
  }

  /** The floors with a release noted that was judged and is for other devices. */
  Floors passing(Manifest manifest, String etag) {
    Map<ReleaseLine, ReleaseFloor> passing = new LinkedHashMap<>(floors);
    ReleaseLine line = ReleaseLine.of(manifest);
    passing.put(line, of(line).passing(manifest, etag));
    return new Floors(passing);
  }

  /** The floors without the tags of what was passed over, so that it is fetched again. */
  Floors withoutTags() {
    Map<ReleaseLine, ReleaseFloor> without = new LinkedHashMap<>(floors);
    without.replaceAll((line, floor) -> floor.withoutTag());
    return new Floors(without);
  }

  /** Reads the file; none where there is none, or where it is garbled. */
  static Floors read(AtomicFile file) throws StorageException {
    byte @Nullable [] data = file.read(MAX_BYTES);
    try {
      return data == null ? NONE : parse(data);
    } catch (ContractException error) {
      return NONE; // refusing every release for ever would be worse; the installed manifests say the same
    }
  }

  static Floors parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "floors", MAX_BYTES);
    fields.checkFormat(FORMAT);
    Map<ReleaseLine, ReleaseFloor> floors = new LinkedHashMap<>();
    for (Fields row : fields.documents("floors", MAX_LINES)) {
      ReleaseLine line = new ReleaseLine(
          row.name("group", Names.GROUP), row.name("space", Names.HEX64), row.text("channel"));
      floors.put(line, parseFloor(row));
    }
    return new Floors(floors);
  }

  private static ReleaseFloor parseFloor(Fields row) throws ContractException {
    boolean passed = row.has("passed");
    return new ReleaseFloor(row.integer("serial"), row.integer("issued"), passed ? row.integer("passed") : 0,
        passed ? row.text("etag") : "");
  }

  /** Writes the document; of more lines than it holds, the last. */
  byte[] encode() {
    List<Map<String, Object>> rows = new ArrayList<>();
    floors.forEach((line, floor) -> rows.add(row(line, floor)));
    Map<String, Object> document = new HashMap<>();
    document.put("format", FORMAT);
    document.put("floors", rows.subList(Math.max(0, rows.size() - MAX_LINES), rows.size()));
    try {
      return JsonWriter.sorted(document);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // names, and tags of printable characters
    }
  }

  private static Map<String, Object> row(ReleaseLine line, ReleaseFloor floor) {
    Map<String, Object> row = new HashMap<>();
    row.put("group", line.group());
    row.put("space", line.space());
    row.put("channel", line.channel());
    row.put("serial", floor.serial());
    row.put("issued", floor.issued());
    row.put("passed", floor.passed());
    boolean isReadable = floor.passedEtag().length() <= Fields.MAX_TEXT_CHARACTERS; // or all floors would be garbled
    row.put("etag", isReadable ? floor.passedEtag() : "");
    return row;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Floors && ((Floors) other).floors.equals(floors);
  }

  @Override
  public int hashCode() {
    return floors.hashCode();
  }

  @Override
  public String toString() {
    return Arrays.toString(floors.entrySet().toArray());
  }
}
