package fedexclient.pull;

import fedexclient.contract.Channel;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.FileRef;
import fedexclient.contract.JsonWriter;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.trust.Signer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A right release of a head, but for what a test changes; it is signed by the golden key. */
final class Release {
  static final long ISSUED = 1_800_000_000L;
  static final long EXPIRES = ISSUED + 30 * 86_400;
  static final String GROUP = "family";
  static final String ROLLOUT = "7f".repeat(32);

  final byte[] labels;
  final Map<Precision, byte[]> heads = new HashMap<>();
  private final DeviceBundle bundle;
  private final Map<String, Object> document = new HashMap<>();
  private float[] logits;

  Release(DeviceBundle bundle, byte[] head, long serial, List<String> labels) throws Exception {
    this.bundle = bundle;
    this.labels = listed(labels);
    this.logits = expected(bundle.golden(), labels.size(), 5);
    heads.put(Precision.FLOAT32, head);
    with("format", 1).with("group", GROUP).with("space", bundle.facts().space()).with("channel", "best")
        .with("serial", serial).with("issued", ISSUED).with("expires", EXPIRES).with("cut", bundle.facts().cut())
        .with("shape", new ArrayList<>(bundle.facts().shape().sizes())).with("golden_sample", bundle.goldenSample())
        .with("temperature", 1.0).with("threshold", 0.5).with("validation", Map.of("accuracy", 0.9, "samples", 10))
        .with("parent", null);
    Map<String, Object> list = reference(this.labels);
    list.put("count", labels.size());
    with("labels", list);
  }

  static byte[] listed(List<String> labels) throws Exception {
    return JsonWriter.sorted(labels);
  }

  /** What a head says of a feature whose class k is a multiple of feature k. */
  static float[] expected(float[] feature, int classes, float scale) {
    float[] logits = new float[classes];
    for (int index = 0; index < classes; index++) {
      logits[index] = scale * feature[index];
    }
    return logits;
  }

  Release with(String key, Object value) {
    document.put(key, value);
    return this;
  }

  /** Offers other files, which are all to answer the same. */
  Release offering(Map<Precision, byte[]> others) {
    heads.clear();
    heads.putAll(others);
    return this;
  }

  Release answering(float... others) {
    logits = others;
    return this;
  }

  Release share(int share) {
    return with("rollout", Map.of("id", ROLLOUT, "share", share));
  }

  Release withdrawing(int first, int last) {
    return with("withdraws", List.of(Map.of("first", first, "last", last)));
  }

  /** Signed anew at half of its life. */
  Release renewed(long serial) {
    long half = (EXPIRES - ISSUED) / 2 * (serial - 1);
    return with("serial", serial).with("issued", ISSUED + half).with("expires", EXPIRES + half);
  }

  byte[] payload() throws Exception {
    Map<String, Object> offered = new HashMap<>();
    for (Map.Entry<Precision, byte[]> head : heads.entrySet()) {
      Map<String, Object> file = reference(head.getValue());
      file.put("logits", base64(logits));
      offered.put(head.getKey().toString(), file);
    }
    return JsonWriter.sorted(new HashMap<>(document) {
      private static final long serialVersionUID = 1L;

      {
        put("heads", offered);
      }
    });
  }

  Manifest manifest() throws Exception {
    return Manifest.parse(payload());
  }

  byte[] signed(Signer signer) throws Exception {
    return signer.seal(Manifest.PAYLOAD_TYPE, payload());
  }

  /** Puts it and its files into the service. */
  Release publish(StubService service) throws Exception {
    service.add(labels);
    heads.values().forEach(service::add);
    Channel channel = document.get("channel").equals("best") ? Channel.BEST : Channel.LATEST;
    service.releases.put(channel, signed(Signer.golden()));
    return this;
  }

  private static Map<String, Object> reference(byte[] data) {
    FileRef file = FileRef.of(data);
    Map<String, Object> reference = new HashMap<>();
    reference.put("sha256", file.sha256());
    reference.put("size", file.size());
    return reference;
  }

  private static String base64(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  @Override
  public String toString() {
    return new String(labels, StandardCharsets.UTF_8) + Arrays.toString(logits);
  }
}
