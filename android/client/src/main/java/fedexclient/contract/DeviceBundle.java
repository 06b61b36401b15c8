package fedexclient.contract;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a device starts with, every file of it checked against {@code bundle.json}. The models are hashed, not loaded.
 *
 * <pre>
 * bundle.json             what is below, hashes, logits
 * prefix.tflite           input -&gt; feature
 * head.tflite             feature -&gt; logits
 * detector.tflite         photo -&gt; faces; with an input of faces alone
 * labels.json             JSON array of strings
 * golden.tensors          "feature": the golden sample, which heads are tried on
 * golden-input.png        or .npy of tensors: what the self-test runs
 * golden-feature.tensors  "feature": what the prefix makes of it
 * </pre>
 */
public final class DeviceBundle {
  /** Of {@code bundle.json}. */
  public static final int MAX_DOCUMENT_BYTES = 1 << 20;

  /** A feature of 4,194,304 elements as float32, and the file's header. */
  public static final int MAX_GOLDEN_BYTES = 17 << 20;

  /** A tensor of 16,777,216 elements of 8 bytes, and the file's header. */
  public static final int MAX_GOLDEN_INPUT_BYTES = 129 << 20;

  static final String DOCUMENT = "bundle.json";
  static final String PREFIX = "prefix.tflite";
  static final String HEAD = "head.tflite";
  static final String DETECTOR = "detector.tflite";

  private static final int FORMAT = 1;
  private static final String LABELS = "labels.json";
  private static final String GOLDEN = "golden.tensors";
  private static final String GOLDEN_FEATURE = "golden-feature.tensors";
  private static final String FEATURE = "feature";

  private final String sha256;
  private final BundleFacts facts;
  private final FileRef prefix;
  private final FileRef head;
  private final FileRef labelsFile;
  private final FileRef goldenInput;
  private final @Nullable FileRef detector;
  private final List<String> labels;
  private final float[] golden;
  private final float[] goldenFeature;
  private final float[] logits;
  private final String quantize;

  private DeviceBundle(BundleSource source, byte[] document) throws ContractException, IOException {
    Fields fields = JsonReader.readDocument(document, DOCUMENT, MAX_DOCUMENT_BYTES);
    checkKind(fields);
    sha256 = Sha256.hex(document);
    facts = BundleFacts.parse(fields);
    prefix = reference(fields, "prefix", Manifest.MAX_MODEL_BYTES);
    head = reference(fields, "head", Manifest.MAX_MODEL_BYTES);
    labelsFile = reference(fields, "labels", LabelList.MAX_BYTES);
    labels = readLabels(new BundleFile(source, LABELS).read(labelsFile));
    golden = readFeature(source, GOLDEN, reference(fields, "golden", MAX_GOLDEN_BYTES));
    new BundleFile(source, PREFIX).check(prefix);
    new BundleFile(source, HEAD).check(head);
    goldenInput = reference(fields, "golden_input", MAX_GOLDEN_INPUT_BYTES);
    new BundleFile(source, goldenInputName()).check(goldenInput);
    goldenFeature = readFeature(source, GOLDEN_FEATURE, reference(fields, "golden_feature", MAX_GOLDEN_BYTES));
    detector = parseDetector(fields);
    if (detector != null) {
      new BundleFile(source, DETECTOR).check(detector);
    }
    logits = Logits.parse(fields, labels.size());
    quantize = fields.name("quantize", Names.SOFTWARE);
  }

  /**
   * Reads a bundle and checks every size, hash, shape and bound.
   *
   * @throws MalformedException no bundle, or a part of it missing or garbled
   * @throws TooLargeException over a bound
   * @throws ImpossibleException a part that is not the one its document names
   */
  public static DeviceBundle read(BundleSource source) throws ContractException, IOException {
    return new DeviceBundle(source, new BundleFile(source, DOCUMENT).read(MAX_DOCUMENT_BYTES));
  }

  private static void checkKind(Fields fields) throws ContractException {
    fields.checkFormat(FORMAT);
    String kind = fields.text("kind");
    if (!kind.equals("device")) {
      throw new MalformedException(fields.place("kind"), "device", Shown.of(kind));
    }
  }

  private static FileRef reference(Fields fields, String key, long maxBytes) throws ContractException {
    return FileRef.parse(fields.document(key), maxBytes);
  }

  private static List<String> readLabels(byte[] data) throws ContractException {
    List<String> labels = LabelList.parse(data, LABELS).labels();
    if (labels.isEmpty()) {
      throw new ImpossibleException(LABELS, "at least one label", "none");
    }
    return labels;
  }

  private float[] readFeature(BundleSource source, String name, FileRef expected)
      throws ContractException, IOException {
    Tensor feature = TensorFile.parse(new BundleFile(source, name).read(expected)).tensors().get(FEATURE);
    String where = name + "." + FEATURE;
    if (feature == null) {
      throw new ImpossibleException(where, "F32 " + facts.shape(), "nothing");
    }
    return feature.finiteFloats(facts.shape().sizes(), where);
  }

  private @Nullable FileRef parseDetector(Fields fields) throws ContractException {
    if (facts.input().findsFaces()) {
      return reference(fields, "detector", Manifest.MAX_MODEL_BYTES);
    }
    if (fields.has("detector")) {
      throw new ImpossibleException(fields.place("detector"), "none, as the input is a " + facts.input(), "one");
    }
    return null;
  }

  /** The name of the file of the golden input. */
  public String goldenInputName() {
    return facts.input() instanceof PhotoInput ? "golden-input.png" : "golden-input.npy";
  }

  /** Of {@code bundle.json}, which names every other file by its hash. */
  public String sha256() {
    return sha256;
  }

  public BundleFacts facts() {
    return facts;
  }

  public FileRef prefix() {
    return prefix;
  }

  public FileRef head() {
    return head;
  }

  public FileRef labelsFile() {
    return labelsFile;
  }

  public FileRef goldenInput() {
    return goldenInput;
  }

  /** There if the input is of faces. */
  public @Nullable FileRef detector() {
    return detector;
  }

  /** Class by class. */
  public List<String> labels() {
    return labels;
  }

  /** The golden sample, a feature in C order: what heads of the space are tried on. */
  public float[] golden() {
    return golden.clone();
  }

  /** The golden sample's name, as manifests give it: the sha256 of its float32, little-endian. */
  public String goldenSample() {
    byte[] bytes = new byte[4 * golden.length];
    Tensor.ofFloats(golden, golden.length).bytes().get(bytes);
    return Sha256.hex(bytes);
  }

  /** What the prefix makes of the golden input. */
  public float[] goldenFeature() {
    return goldenFeature.clone();
  }

  /** What the head answers to the golden sample. */
  public float[] logits() {
    return logits.clone();
  }

  /** How the prefix was converted. */
  public String quantize() {
    return quantize;
  }
}
