package fedexclient.heads;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Names;
import fedexclient.contract.Precision;
import fedexclient.service.SignedAnswer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The document that says which heads are installed, newest first.
 *
 * <pre>
 * heads/current   {"format":1,"heads":[{"envelope","precision","etag","wanted"}, the one before]}
 * </pre>
 */
final class HeadPointer {
  static final int MAX_BYTES = 16 << 10;
  static final int KEPT_HEADS = 2;

  private static final int FORMAT = 1;

  /** A later version may keep more heads; its first two are those that this one keeps. */
  private static final int MAX_ENTRIES = 64;

  private HeadPointer() {}

  static List<HeadEntry> parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "heads", MAX_BYTES);
    fields.checkFormat(FORMAT);
    List<Fields> rows = fields.documents("heads", MAX_ENTRIES);
    List<HeadEntry> entries = new ArrayList<>();
    for (Fields row : rows.subList(0, Math.min(KEPT_HEADS, rows.size()))) {
      entries.add(parseEntry(row));
    }
    return entries;
  }

  private static HeadEntry parseEntry(Fields row) throws ContractException {
    return new HeadEntry(row.name("envelope", Names.HEX64),
        row.has("precision") ? row.choice("precision", Precision.class) : null,
        row.text("etag", SignedAnswer.MAX_ETAG_CHARACTERS), row.choice("wanted", Precision.class));
  }

  static byte[] encode(List<HeadEntry> entries) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (HeadEntry entry : entries) {
      rows.add(row(entry));
    }
    Map<String, Object> document = new HashMap<>();
    document.put("format", FORMAT);
    document.put("heads", rows);
    try {
      return JsonWriter.sorted(document);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // names, and tags of printable characters
    }
  }

  private static Map<String, @Nullable Object> row(HeadEntry entry) {
    Map<String, @Nullable Object> row = new HashMap<>();
    row.put("envelope", entry.envelope());
    row.put("precision", entry.precision() == null ? null : entry.precision().toString());
    boolean isKept = entry.etag().length() <= SignedAnswer.MAX_ETAG_CHARACTERS;
    row.put("etag", isKept ? entry.etag() : ""); // then it is asked without one
    row.put("wanted", entry.wanted().toString());
    return row;
  }
}
