package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an upload says of itself: its tensors are there, as its codec has them, and every bound is kept. */
public final class UploadHeader {
  /** Of a whole upload. */
  public static final int MAX_BYTES = 32 << 20;

  /** Of an upload. */
  public static final int MAX_SAMPLES = 256;

  /** Room for 256 labels of 64 code points. */
  public static final int MAX_HEADER_BYTES = 128 << 10;

  /** Of the data section when inflated, and of the features as float32. */
  public static final int MAX_INFLATED_BYTES = 64 << 20;

  static final int FORMAT = 1;
  static final String SAMPLES = "samples";
  static final int ROW_BYTES = 22;

  private final String space;
  private final Codec codec;
  private final SelfTest selfTest;
  private final int count;
  private final FeatureShape shape;
  private final List<String> labels;
  private final int size;
  private final int stored;
  private final TensorHeader layout;

  private UploadHeader(Fields fields, TensorHeader layout) throws ContractException {
    fields.checkFormat(FORMAT);
    count = bounded(fields, "count", MAX_SAMPLES);
    shape = FeatureShape.parse(fields);
    checkDecoded();
    space = fields.name("space", Names.HEX64);
    codec = fields.choice("codec", Codec.class);
    selfTest = SelfTest.parse(fields.document("self_test"));
    labels = parseLabels(fields.items("labels", MAX_SAMPLES));
    size = bounded(fields, "size", MAX_INFLATED_BYTES);
    stored = bounded(fields, "stored", MAX_BYTES);
    this.layout = layout;
  }

  /** Reads and checks the header of a whole upload, and that the data section is as long as it says. */
  public static UploadHeader parse(byte[] data) throws ContractException {
    if (data.length > MAX_BYTES) {
      throw new TooLargeException("upload", "at most " + MAX_BYTES + " bytes", data.length + " bytes");
    }
    TensorHeader layout = TensorHeader.parse(data, MAX_HEADER_BYTES);
    UploadHeader header = new UploadHeader(Fields.of(layout.metadata(), "upload"), layout);
    header.checkTable();
    int section = data.length - layout.dataStart();
    if (section != header.stored) {
      throw new MalformedException("data section", header.stored + " bytes, as stored says", section + " bytes");
    }
    return header;
  }

  private static int bounded(Fields fields, String key, int most) throws ContractException {
    long value = fields.integer(key, 1, JsonReader.MAX_INTEGER);
    if (value > most) {
      throw new TooLargeException(fields.place(key), "at most " + most, Long.toString(value));
    }
    return (int) value;
  }

  private void checkDecoded() throws TooLargeException {
    long decoded = 4L * count * shape.elements();
    if (decoded > MAX_INFLATED_BYTES) {
      throw new TooLargeException("upload features", "at most " + MAX_INFLATED_BYTES + " bytes", decoded + " bytes");
    }
  }

  private static List<String> parseLabels(List<@Nullable Object> values) throws ContractException {
    List<String> labels = new ArrayList<>();
    for (Object value : values) {
      labels.add(Label.check(value, "upload.labels[" + labels.size() + "]"));
    }
    if (labels.isEmpty()) {
      throw new ImpossibleException("upload.labels", "at least one label", "none");
    }
    for (String label : labels) {
      if (Collections.frequency(labels, label) > 1) {
        throw new ImpossibleException("upload.labels", "each label once", Shown.of(label) + " twice");
      }
    }
    return Collections.unmodifiableList(labels);
  }

  private void checkTable() throws ImpossibleException {
    if (size != layout.dataSize()) {
      throw new ImpossibleException("upload.size", layout.dataSize() + ", as the tensors take", Integer.toString(size));
    }
    if (stored > size) {
      throw new ImpossibleException("upload.stored", "at most size, " + size, Integer.toString(stored));
    }
    checkTensor(FeatureEncoder.FEATURES, codec.dtype(), count, codec.width(shape.elements()));
    if (codec.isQuantised()) {
      checkTensor(FeatureEncoder.SCALES, TensorDtype.F32, count);
      checkTensor(FeatureEncoder.ZEROS, TensorDtype.U8, count);
    }
    checkTensor(SAMPLES, TensorDtype.U8, count, ROW_BYTES);
  }

  private void checkTensor(String name, TensorDtype dtype, long... sizes) throws ImpossibleException {
    TensorField field = layout.fields().get(name);
    List<Long> shape = new ArrayList<>();
    for (long one : sizes) {
      shape.add(one);
    }
    if (field == null || field.dtype() != dtype || !field.shape().equals(shape)) {
      String got = field == null ? "nothing" : field.dtype() + " " + field.shape();
      throw new ImpossibleException("header." + name, dtype + " " + shape, got);
    }
  }

  /** The metadata of an upload, in their order. */
  static Map<String, Object> document(Upload upload, Codec codec, List<String> labels, int size, int stored) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("space", upload.space());
    metadata.put("self_test", upload.selfTest().document());
    metadata.put("codec", codec.toString());
    metadata.put("count", upload.samples().size());
    metadata.put("shape", upload.shape().sizes());
    metadata.put("labels", labels);
    metadata.put("size", size);
    metadata.put("stored", stored);
    return metadata;
  }

  public String space() {
    return space;
  }

  public Codec codec() {
    return codec;
  }

  /** Of what computed the features. */
  public SelfTest selfTest() {
    return selfTest;
  }

  /** How many samples there are. */
  public int count() {
    return count;
  }

  /** Of one feature. */
  public FeatureShape shape() {
    return shape;
  }

  /** The label table; samples refer to it by index. */
  public List<String> labels() {
    return labels;
  }

  /** Bytes of the data section, inflated. */
  public int size() {
    return size;
  }

  /** Bytes of the data section in the file; deflated if fewer than {@link #size}. */
  public int stored() {
    return stored;
  }

  TensorHeader layout() {
    return layout;
  }
}
