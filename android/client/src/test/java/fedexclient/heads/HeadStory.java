package fedexclient.heads;

import fedexclient.contract.Envelope;
import fedexclient.contract.FileRef;
import fedexclient.contract.Golden;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;

/** A folder of heads, call by call as {@code tests/device/heads/java_exchange.py} writes it. */
public final class HeadStory {
  static final byte[] LABELS = Golden.bytes("device-bundle/labels.json");
  public static final byte[] ONE = "\0\0\0\0TFL3one".getBytes(StandardCharsets.UTF_8);
  public static final byte[] TWO = "\0\0\0\0TFL3two, longer".getBytes(StandardCharsets.UTF_8);

  private static final String CANARY = "{\"floors\":[{\"channel\":\"canary\",\"etag\":\"\",\"group\":\"home\","
      + "\"issued\":1760000000,\"passed\":0,\"serial\":41,\"space\":\"" + "5b".repeat(32) + "\"}],\"format\":1}";

  private HeadStory() {}

  /** The golden release of another serial and with another file. */
  public static byte[] envelope(int serial, byte[] head) {
    FileRef before = FileRef.of(Golden.bytes("device-bundle/head.tflite"));
    FileRef after = FileRef.of(head);
    String payload = Golden.text("manifest.json")
        .replace(before.sha256(), after.sha256()).replace("\"size\":" + before.size(), "\"size\":" + after.size())
        .replace("\"serial\":7", "\"serial\":" + serial);
    Base64.Encoder base64 = Base64.getEncoder();
    String envelope = "{\"payload\":\"" + base64.encodeToString(payload.getBytes(StandardCharsets.UTF_8))
        + "\",\"payloadType\":\"" + Manifest.PAYLOAD_TYPE + "\",\"signatures\":[{\"keyid\":\"" + "0".repeat(16)
        + "\",\"sig\":\"" + base64.encodeToString(new byte[64]) + "\"}]}";
    return envelope.getBytes(StandardCharsets.UTF_8);
  }

  static Manifest manifest(int serial) throws Exception {
    byte[] envelope = envelope(serial, ONE);
    return Manifest.parse(Envelope.parse(envelope, Envelope.MAX_BYTES).payload());
  }

  /** Adds the files of a head, which the pointer does not name yet. */
  public static HeadEntry add(HeadStore heads, int serial, byte[] head) throws Exception {
    heads.objects().add(head);
    heads.objects().add(LABELS);
    String envelope = heads.objects().add(envelope(serial, head));
    return new HeadEntry(envelope, Precision.FLOAT32, "\"tag " + serial + "\"", Precision.DYNAMIC);
  }

  static void tell(Path directory) throws Exception {
    HeadStore heads = new HeadStore(directory);
    HeadStore.Installing installing = heads.install();
    try {
      Files.write(directory.resolve("floors"), CANARY.getBytes(StandardCharsets.UTF_8));
      heads.swap(add(heads, 7, ONE));
      heads.swap(add(heads, 8, TWO));
      heads.renew(new HeadEntry(
          heads.objects().add(envelope(9, TWO)), Precision.FLOAT32, "", Precision.DYNAMIC));
      heads.passOver(manifest(12), "\"zw\u00f6lf\"");
      heads.prune(Collections.emptySet());
    } finally {
      installing.close();
    }
  }
}
