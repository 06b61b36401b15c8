package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The keys of a service from its first to its newest, one line without gaps or circles.
 *
 * <p>Each key but the first is vouched for by the one before; whether its link is signed is not looked at here.
 */
public final class KeyChain {
  /** The type of a link's payload. */
  public static final String LINK_PAYLOAD_TYPE = "application/vnd.fedex.key+json";

  /** Of a chain. */
  public static final int MAX_LINKS = 256;

  /** Of a chain. */
  public static final int MAX_BYTES = 256 << 10;

  /** Of a link's payload. */
  public static final int MAX_LINK_BYTES = 4 << 10;

  private static final int FORMAT = 1;

  private final List<PublicKey> keys;
  private final List<Envelope> links;

  private KeyChain(List<PublicKey> keys, List<Envelope> links) {
    this.keys = Collections.unmodifiableList(keys);
    this.links = Collections.unmodifiableList(links);
  }

  /**
   * Reads a chain.
   *
   * @throws ContractException not a chain: a gap, a key that comes twice, a link of another type
   */
  public static KeyChain parse(byte[] data) throws ContractException {
    Fields fields = JsonReader.readDocument(data, "keys", MAX_BYTES);
    fields.checkFormat(FORMAT);
    List<PublicKey> keys = new ArrayList<>();
    List<Envelope> links = new ArrayList<>();
    keys.add(PublicKey.parse(fields, "first"));
    for (Fields document : fields.documents("links", MAX_LINKS)) {
      Envelope link = Envelope.of(document, Envelope.MAX_BYTES);
      keys.add(next(link, keys, fields.place("links." + links.size())));
      links.add(link);
    }
    return new KeyChain(keys, links);
  }

  private static PublicKey next(Envelope link, List<PublicKey> keys, String where) throws ContractException {
    if (!link.payloadType().equals(LINK_PAYLOAD_TYPE)) {
      throw new ImpossibleException(where, LINK_PAYLOAD_TYPE, Shown.of(link.payloadType()));
    }
    Fields said = JsonReader.readDocument(link.payload(), where, MAX_LINK_BYTES);
    said.checkFormat(FORMAT);
    PublicKey before = PublicKey.parse(said, "old");
    PublicKey next = PublicKey.parse(said, "new");
    said.integer("issued");
    PublicKey newest = keys.get(keys.size() - 1);
    if (!before.equals(newest)) {
      throw new ImpossibleException(where, "a link of the key " + newest, "of " + before);
    }
    if (keys.contains(next)) {
      throw new ImpossibleException(where, "a new key", next + " again");
    }
    return next;
  }

  /** Oldest first, no two the same. */
  public List<PublicKey> keys() {
    return keys;
  }

  /** What each key but the newest signed; one fewer than keys. */
  public List<Envelope> links() {
    return links;
  }
}
