package fedexclient.contract;

import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** The spaces of a group, current and retired: signed, so that a device gives up its bundle for nobody else. */
public final class SpaceList {
  /** The type of its payload in an envelope. */
  public static final String PAYLOAD_TYPE = "application/vnd.fedex.spaces+json";

  /** Of one list. */
  public static final int MAX_SPACES = 1_000;

  /** Of the envelope. */
  public static final int MAX_BYTES = 256 << 10;

  private static final int FORMAT = 1;

  private final String group;
  private final long serial;
  private final long issued;
  private final long expires;
  private final Set<String> current = new HashSet<>();
  private final Set<String> retired = new HashSet<>();

  private SpaceList(Fields fields) throws ContractException {
    fields.checkFormat(FORMAT);
    issued = fields.integer("issued");
    Set<String> spaces = new HashSet<>();
    for (Fields one : fields.documents("spaces", MAX_SPACES)) {
      String space = one.name("space", Names.HEX64);
      add(space, one.text("state"));
      if (!spaces.add(space)) {
        throw new ImpossibleException(fields.place("spaces"), "each space once", space + " twice");
      }
    }
    group = fields.name("group", Names.GROUP);
    serial = fields.integer("serial", 1, JsonReader.MAX_INTEGER);
    expires = fields.integer("expires", Math.min(issued + 1, JsonReader.MAX_INTEGER), JsonReader.MAX_INTEGER);
  }

  private void add(String space, String state) {
    if (state.equals("current")) {
      current.add(space);
    } else if (state.equals("retired")) {
      retired.add(space);
    }
  }

  /** Reads a list whose signature was verified; keys, and states of a later version, are ignored. */
  public static SpaceList parse(byte[] data) throws ContractException {
    return new SpaceList(JsonReader.readDocument(data, "spaces", MAX_BYTES));
  }

  public String group() {
    return group;
  }

  /** From 1 on, strictly increasing in one group. */
  public long serial() {
    return serial;
  }

  /** Unix seconds. */
  public long issued() {
    return issued;
  }

  /** Unix seconds. */
  public long expires() {
    return expires;
  }

  public Set<String> current() {
    return Collections.unmodifiableSet(current);
  }

  /** Those that take no uploads and have no releases any more: another bundle is to be had. */
  public Set<String> retired() {
    return Collections.unmodifiableSet(retired);
  }
}
