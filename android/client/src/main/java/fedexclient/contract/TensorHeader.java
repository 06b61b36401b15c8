package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A checked header of a tensor file.
 *
 * <pre>
 * offset   bytes        what
 * 0        8            H, the length of the header: uint64, little-endian
 * 8        H            header: one JSON object in UTF-8, padded with spaces
 * 8 + H    to the end   data section: the tensors one after another, no gaps
 * </pre>
 */
public final class TensorHeader {
  /** Of a tensor file that is no upload. */
  public static final int MAX_BYTES = 16 << 20;

  /** Of one file. */
  public static final int MAX_TENSORS = 64;

  static final String METADATA_KEY = "__metadata__";
  static final int LENGTH_BYTES = 8;

  private final Map<String, @Nullable Object> metadata;
  private final Map<String, TensorField> fields;
  private final int dataStart;
  private final long dataSize;

  private TensorHeader(
      Map<String, @Nullable Object> metadata, Map<String, TensorField> fields, int dataStart, long dataSize) {
    this.metadata = metadata;
    this.fields = fields;
    this.dataStart = dataStart;
    this.dataSize = dataSize;
  }

  /** Reads the header of a file; the data may end where the header does, or anywhere later. */
  public static TensorHeader parse(byte[] data, int maxHeaderBytes) throws ContractException {
    int length = parseLength(data, maxHeaderBytes);
    if (data.length - LENGTH_BYTES < length) {
      throw new MalformedException("header", length + " bytes", (data.length - LENGTH_BYTES) + " bytes");
    }
    Object value = JsonReader.read(ByteBuffer.wrap(data, LENGTH_BYTES, length), "header", maxHeaderBytes);
    Fields document = Fields.of(value, "header");
    Map<String, @Nullable Object> metadata = document.keys().contains(METADATA_KEY)
        ? document.document(METADATA_KEY).asMap() : Collections.emptyMap();
    Map<String, TensorField> fields = parseFields(document);
    long dataSize = 0;
    for (TensorField field : fields.values()) {
      dataSize = field.end();
    }
    return new TensorHeader(metadata, fields, LENGTH_BYTES + length, dataSize);
  }

  private static int parseLength(byte[] data, int maxHeaderBytes) throws ContractException {
    if (data.length < LENGTH_BYTES) {
      throw new MalformedException("header length", LENGTH_BYTES + " bytes", data.length + " bytes");
    }
    long length = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 0 || length > maxHeaderBytes) {
      checkObjectBegins(data);
      String got = Long.toUnsignedString(length) + " bytes";
      throw new TooLargeException("header length", "at most " + maxHeaderBytes + " bytes", got);
    }
    return (int) length;
  }

  /** Refuses bytes of another kind, which read as a huge length; a header that is too large begins as one does. */
  private static void checkObjectBegins(byte[] data) throws MalformedException {
    if (data.length > LENGTH_BYTES && data[LENGTH_BYTES] != '{') {
      throw new MalformedException("header", "its length, then a JSON object", "something else");
    }
  }

  private static Map<String, TensorField> parseFields(Fields document) throws ContractException {
    int count = document.keys().size() - (document.keys().contains(METADATA_KEY) ? 1 : 0);
    if (count > MAX_TENSORS) {
      throw new TooLargeException("header", "at most " + MAX_TENSORS + " tensors", Integer.toString(count));
    }
    Map<String, TensorField> fields = new LinkedHashMap<>();
    long begin = 0;
    for (String name : document.keys()) {
      if (name.equals(METADATA_KEY)) {
        continue;
      }
      String where = "header." + Shown.of(name);
      TensorField field = TensorField.parse(Fields.of(document.asMap().get(name), where));
      if (field.begin() != begin) {
        throw new ImpossibleException(where + ".data_offsets", "begin " + begin, Long.toString(field.begin()));
      }
      fields.put(name, field);
      begin = field.end();
    }
    return Collections.unmodifiableMap(fields);
  }

  /** Facts of the file, any JSON. */
  public Map<String, @Nullable Object> metadata() {
    return metadata;
  }

  /** The tensors by name; they lie one after another from 0 to {@link #dataSize}. */
  public Map<String, TensorField> fields() {
    return fields;
  }

  /** Offset of the data section in the file. */
  public int dataStart() {
    return dataStart;
  }

  /** Bytes of the data section, as the fields add up. */
  public long dataSize() {
    return dataSize;
  }
}
