package fedexclient.pull;

import fedexclient.contract.ContractException;
import fedexclient.contract.Fields;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Names;
import fedexclient.contract.SpaceList;
import fedexclient.trust.Floor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The newest list of a group's spaces that was believed.
 *
 * <pre>
 * spaces.json   {"format":1,"origin","serial","issued","etag","current":[...],"retired":[...]}
 * </pre>
 */
public final class KnownSpaces {
  /** Where none was. */
  static final KnownSpaces NONE = new KnownSpaces("", 0, 0, "", Collections.emptySet(), Collections.emptySet());

  static final int MAX_BYTES = 256 << 10;

  private static final int FORMAT = 1;

  private final String origin;
  private final long serial;
  private final long issued;
  private final String etag;
  private final Set<String> current;
  private final Set<String> retired;

  private KnownSpaces(
      String origin, long serial, long issued, String etag, Collection<String> current, Collection<String> retired) {
    this.origin = origin;
    this.serial = serial;
    this.issued = issued;
    this.etag = etag;
    this.current = Collections.unmodifiableSet(new TreeSet<>(current));
    this.retired = Collections.unmodifiableSet(new TreeSet<>(retired));
  }

  static KnownSpaces of(String origin, SpaceList listed, String etag) {
    return new KnownSpaces(origin, listed.serial(), listed.issued(), etag, listed.current(), listed.retired());
  }

  /** The group that it is of, by a name of its own; empty where there is none. */
  public String origin() {
    return origin;
  }

  public long serial() {
    return serial;
  }

  /** The tag to ask with next time. */
  String etag() {
    return etag;
  }

  public Set<String> current() {
    return current;
  }

  /** Those that take no uploads and have no releases any more. */
  public Set<String> retired() {
    return retired;
  }

  Floor floor() {
    return new Floor(serial, 0, issued);
  }

  /**
   * Goes on where a space is not retired.
   *
   * @throws SpaceRetiredException it is
   */
  void check(String space) throws SpaceRetiredException {
    if (retired.contains(space)) {
      String current = this.current.isEmpty()
          ? "(the group has none)" : "(" + String.join(", ", this.current) + ")";
      throw new SpaceRetiredException(
          "space " + space + ": expected one that is current " + current + ", got one that is retired");
    }
  }

  static KnownSpaces parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "spaces", MAX_BYTES);
    fields.checkFormat(FORMAT);
    return new KnownSpaces(fields.text("origin"), fields.integer("serial"), fields.integer("issued"),
        fields.text("etag"), names(fields, "current"), names(fields, "retired"));
  }

  private static List<String> names(Fields fields, String key) throws ContractException {
    List<String> names = new ArrayList<>();
    for (@Nullable Object one : fields.items(key, SpaceList.MAX_SPACES)) {
      names.add(Names.check(String.valueOf(one), Names.HEX64, key));
    }
    return names;
  }

  byte[] encode() {
    Map<String, Object> document = new HashMap<>();
    document.put("format", FORMAT);
    document.put("origin", origin);
    document.put("serial", serial);
    document.put("issued", issued);
    document.put("etag", etag.length() > Fields.MAX_TEXT_CHARACTERS ? "" : etag); // or the list would be garbled
    document.put("current", new ArrayList<>(current));
    document.put("retired", new ArrayList<>(retired));
    try {
      return JsonWriter.sorted(document);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // names, and a tag of printable characters
    }
  }
}
