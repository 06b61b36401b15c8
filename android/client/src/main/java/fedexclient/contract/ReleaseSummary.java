package fedexclient.contract;

import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One release of the past. */
public final class ReleaseSummary {
  private final String release;
  private final Channel channel;
  private final long serial;
  private final long issued;
  private final long labelCount;
  private final @Nullable Double accuracy;
  private final long validationSamples;
  private final @Nullable String parent;
  private final Map<String, @Nullable Object> report;

  private ReleaseSummary(Fields fields) throws ContractException {
    Fields validation = fields.document("validation");
    release = fields.name("release", Names.HEX64);
    channel = fields.choice("channel", Channel.class);
    serial = fields.integer("serial", 1, JsonReader.MAX_INTEGER);
    issued = fields.integer("issued");
    labelCount = fields.integer("label_count", 1, JsonReader.MAX_INTEGER);
    accuracy = validation.has("accuracy") ? Double.valueOf(validation.number("accuracy", 0, 1)) : null;
    validationSamples = validation.integer("samples");
    parent = fields.has("parent") ? fields.name("parent", Names.HEX64) : null;
    boolean said = fields.asMap().get("report") instanceof Map;
    report = said ? fields.document("report").asMap() : Collections.emptyMap();
  }

  static ReleaseSummary parse(Fields fields) throws ContractException {
    return new ReleaseSummary(fields);
  }

  /** The sha256 of the manifest's payload. */
  public String release() {
    return release;
  }

  public Channel channel() {
    return channel;
  }

  public long serial() {
    return serial;
  }

  /** Unix seconds. */
  public long issued() {
    return issued;
  }

  public long labelCount() {
    return labelCount;
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

  /** What the service said of it, for people. */
  public Map<String, @Nullable Object> report() {
    return report;
  }
}
