package fedexclient.contract;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a tensor file holds: the safetensors layout, read with every bound checked before anything is allocated. */
public final class TensorFile {
  private static final int ALIGNMENT = 8;

  private final Map<String, @Nullable Object> metadata;
  private final Map<String, Tensor> tensors;

  private TensorFile(Map<String, @Nullable Object> metadata, Map<String, Tensor> tensors) {
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /** Makes a file of tensors, in their order. */
  public static TensorFile of(Map<String, Tensor> tensors, Map<String, @Nullable Object> metadata) {
    return new TensorFile(
        Collections.unmodifiableMap(new LinkedHashMap<>(metadata)),
        Collections.unmodifiableMap(new LinkedHashMap<>(tensors)));
  }

  /** Reads a tensor file; the tensors view its bytes, which nobody may change afterwards. */
  public static TensorFile parse(byte[] data) throws ContractException {
    TensorHeader header = TensorHeader.parse(data, TensorHeader.MAX_BYTES);
    long section = data.length - header.dataStart();
    if (section != header.dataSize()) {
      throw new MalformedException("data section", header.dataSize() + " bytes", section + " bytes");
    }
    return new TensorFile(header.metadata(), view(header, data, header.dataStart()));
  }

  /** Views the tensors of a data section that is as long as its header says. */
  static Map<String, Tensor> view(TensorHeader header, byte[] section, int start) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, TensorField> entry : header.fields().entrySet()) {
      tensors.put(entry.getKey(), Tensor.view(entry.getValue(), section, start));
    }
    return Collections.unmodifiableMap(tensors);
  }

  public Map<String, @Nullable Object> metadata() {
    return metadata;
  }

  /** The tensors by name, in the order of the file. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** Writes the file: the same tensors in the same order with the same metadata give the same bytes. */
  public byte[] encode() throws ContractException {
    return join(encodeHeader(), encodeSection());
  }

  /** Writes the length and the header. */
  byte[] encodeHeader() throws ContractException {
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      document.put(TensorHeader.METADATA_KEY, metadata);
    }
    long begin = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      long end = begin + entry.getValue().bytes().remaining();
      if (entry.getKey().equals(TensorHeader.METADATA_KEY)) {
        throw new ImpossibleException("tensor", "another name than the metadata's", TensorHeader.METADATA_KEY);
      }
      document.put(entry.getKey(), entryOf(entry.getValue(), begin, end));
      begin = end;
    }
    return padded(JsonWriter.ordered(document));
  }

  private static Map<String, Object> entryOf(Tensor tensor, long begin, long end) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("dtype", tensor.dtype().name());
    entry.put("shape", tensor.shape());
    entry.put("data_offsets", Arrays.asList(begin, end));
    return entry;
  }

  private static byte[] padded(byte[] header) {
    int length = (header.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] padded = new byte[TensorHeader.LENGTH_BYTES + length];
    Arrays.fill(padded, (byte) ' ');
    ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    System.arraycopy(header, 0, padded, TensorHeader.LENGTH_BYTES, header.length);
    return padded;
  }

  /** Writes the data section. */
  byte[] encodeSection() {
    ByteArrayOutputStream section = new ByteArrayOutputStream();
    for (Tensor tensor : tensors.values()) {
      byte[] bytes = new byte[tensor.bytes().remaining()];
      tensor.bytes().get(bytes);
      section.write(bytes, 0, bytes.length);
    }
    return section.toByteArray();
  }

  static byte[] join(byte[] one, byte[] other) {
    byte[] joined = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, joined, one.length, other.length);
    return joined;
  }
}
