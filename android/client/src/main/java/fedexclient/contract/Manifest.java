package fedexclient.contract;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A release: which head is the newest of a pool and channel, and how to tell that it arrived whole. */
public final class Manifest {
  /** The type of its payload in an envelope. */
  public static final String PAYLOAD_TYPE = "application/vnd.fedex.manifest+json";

  /** Of a model as a file. */
  public static final long MAX_MODEL_BYTES = 512L << 20;

  /** What logits are divided by, at least. */
  public static final double MIN_TEMPERATURE = 1e-3;

  /** What logits are divided by, at most. */
  public static final double MAX_TEMPERATURE = 1e3;

  private static final int FORMAT = 1;

  private final String group;
  private final String space;
  private final Channel channel;
  private final long serial;
  private final long issued;
  private final long expires;
  private final String cut;
  private final FeatureShape shape;
  private final FileRef labels;
  private final int labelCount;
  private final Map<Precision, HeadFile> heads;
  private final String goldenSample;
  private final double temperature;
  private final @Nullable Double accuracy;
  private final long validationSamples;
  private final @Nullable String parent;
  private final @Nullable Rollout rollout;
  private final Withdrawals withdraws;
  private final Points points;

  private Manifest(Fields fields) throws ContractException {
    fields.checkFormat(FORMAT);
    Fields list = fields.document("labels");
    Fields validation = fields.document("validation");
    labelCount = (int) list.integer("count", 1, LabelList.MAX_LABELS);
    issued = fields.integer("issued");
    serial = fields.integer("serial", 1, JsonReader.MAX_INTEGER);
    validationSamples = validation.integer("samples");
    group = fields.name("group", Names.GROUP);
    space = fields.name("space", Names.HEX64);
    channel = fields.choice("channel", Channel.class);
    expires = fields.integer("expires", Math.min(issued + 1, JsonReader.MAX_INTEGER), JsonReader.MAX_INTEGER);
    cut = fields.name("cut", Names.SOFTWARE);
    shape = FeatureShape.parse(fields);
    labels = FileRef.parse(list, LabelList.MAX_BYTES);
    heads = parseHeads(fields.document("heads"), labelCount);
    goldenSample = fields.name("golden_sample", Names.HEX64);
    temperature = fields.number("temperature", MIN_TEMPERATURE, MAX_TEMPERATURE);
    accuracy = validation.has("accuracy") ? Double.valueOf(validation.number("accuracy", 0, 1)) : null;
    parent = fields.has("parent") ? fields.name("parent", Names.HEX64) : null;
    rollout = fields.has("rollout") ? Rollout.parse(fields.document("rollout")) : null;
    withdraws = Withdrawals.parse(fields, serial);
    points = Points.parse(fields);
  }

  /** Reads the payload of a release whose signature was verified; keys that are not known are ignored. */
  public static Manifest parse(byte[] data) throws ContractException {
    return new Manifest(JsonReader.readDocument(data, "manifest", Envelope.MAX_BYTES));
  }

  private static Map<Precision, HeadFile> parseHeads(Fields fields, int classes) throws ContractException {
    Map<Precision, HeadFile> heads = new EnumMap<>(Precision.class);
    for (Precision precision : Precision.values()) {
      if (fields.has(precision.toString())) {
        heads.put(precision, HeadFile.parse(fields.document(precision.toString()), classes));
      }
    }
    if (heads.isEmpty() && !fields.keys().isEmpty()) {
      throw new ImpossibleException("manifest.heads", "one of the precisions", Shown.of(fields.asMap()));
    }
    return Collections.unmodifiableMap(heads);
  }

  public String group() {
    return group;
  }

  public String space() {
    return space;
  }

  public Channel channel() {
    return channel;
  }

  /** From 1 on, strictly increasing in one pool and channel. */
  public long serial() {
    return serial;
  }

  /** Unix seconds. */
  public long issued() {
    return issued;
  }

  /** Unix seconds. Expiry refuses what is new only; a head in use keeps serving. */
  public long expires() {
    return expires;
  }

  public String cut() {
    return cut;
  }

  /** Of one feature. */
  public FeatureShape shape() {
    return shape;
  }

  /** The label list. */
  public FileRef labels() {
    return labels;
  }

  /** How many labels are in it. */
  public int labelCount() {
    return labelCount;
  }

  /** Empty: the head of the bundle serves. */
  public Map<Precision, HeadFile> heads() {
    return heads;
  }

  /** The sha256 of the golden sample's numbers. */
  public String goldenSample() {
    return goldenSample;
  }

  /** What logits are divided by. */
  public double temperature() {
    return temperature;
  }

  /** The threshold below which an answer is "unknown", and the points that were measured. */
  public Points points() {
    return points;
  }

  /** On the samples that were held out; null where there were none. */
  public @Nullable Double accuracy() {
    return accuracy;
  }

  /** How many were held out. */
  public long validationSamples() {
    return validationSamples;
  }

  /** The sha256 of the payload of the release before; null for the first. */
  public @Nullable String parent() {
    return parent;
  }

  /** Which devices take it; null: all. */
  public @Nullable Rollout rollout() {
    return rollout;
  }

  /** The releases before that must not serve any more. */
  public Withdrawals withdraws() {
    return withdraws;
  }

  /** Whether the release is for a device, by its id. */
  public boolean isFor(String device) {
    return rollout == null || rollout.includes(device);
  }
}
