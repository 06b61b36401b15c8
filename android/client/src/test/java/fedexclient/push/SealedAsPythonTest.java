package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.Missing;
import fedexclient.cache.Cache;
import fedexclient.cache.SealedUpload;
import fedexclient.contract.Codec;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.InflaterInputStream;
import org.junit.Before;
import org.junit.Test;

/**
 * What is sealed of a cache that the Python device wrote is, byte for byte, what that device seals, but for the stream
 * of its zlib ({@code java_seals.py}, which opens the uploads that are written here).
 */
public class SealedAsPythonTest extends PushTestCase {
  private static final File FOLDER = new File(System.getProperty("fedex.seals", "../../build/android-seals"));
  private static final int SAMPLES = 120;

  /** Of the features as float32: four bytes each. */
  private static final int PLAIN_BYTES = SAMPLES * 4 * 4 * 32 * 4;

  @Before
  public void thereIsACache() {
    Missing.unless(new File(FOLDER, "cache.sqlite3").exists(),
        "no cache that the Python side wrote: make install, then make test-android");
  }

  private byte[] sealed(Codec codec) throws Exception {
    File copy = new File(temporary.newFolder(), "cache.sqlite3");
    Files.copy(new File(FOLDER, "cache.sqlite3").toPath(), copy.toPath());
    try (Cache cache = Cache.open(copy, 1000)) {
      SealedUpload sealed = outbox(cache, new UploadForm(codec, 256, 32 << 20)).seal();
      assertEquals(SAMPLES, sealed.samples());
      Files.write(new File(FOLDER, "java-" + codec + ".upload").toPath(), sealed.body());
      return sealed.body();
    }
  }

  private static byte[] pythons(Codec codec) throws Exception {
    return Files.readAllBytes(new File(FOLDER, codec + ".upload").toPath());
  }

  @Test
  public void each_codec_seals_what_the_python_device_seals() throws Exception {
    for (Codec codec : Codec.values()) {
      byte[] own = sealed(codec);
      byte[] pythons = pythons(codec);
      assertEquals(header(pythons), header(own));
      assertArrayEquals(section(pythons), section(own));
      assertEquals(pythons.length, own.length, 0.01 * pythons.length);
    }
  }

  /** Its JSON, but for how many bytes the data section takes when deflated, and for the blanks that fill it up. */
  private static String header(byte[] upload) {
    String json = new String(upload, Long.BYTES, headerBytes(upload), StandardCharsets.UTF_8);
    assertTrue(json.matches("(?s).*\"stored\":[0-9]+.*"), json);
    return json.replaceAll("\"stored\":[0-9]+", "").trim();
  }

  private static int headerBytes(byte[] upload) {
    return (int) ByteBuffer.wrap(upload).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private static byte[] section(byte[] upload) throws Exception {
    byte[] stored = Arrays.copyOfRange(upload, Long.BYTES + headerBytes(upload), upload.length);
    try (InflaterInputStream inflated = new InflaterInputStream(new ByteArrayInputStream(stored))) {
      return inflated.readAllBytes();
    }
  }

  @Test
  public void an_upload_takes_as_much_of_the_numbers_as_its_codec_promises() throws Exception {
    Map<Codec, Double> most = new EnumMap<>(Map.of(
        Codec.FLOAT32, 0.58, Codec.FLOAT16, 0.33, Codec.INT8, 0.13, Codec.INT4, 0.047));
    for (Codec codec : Codec.values()) {
      double share = (double) sealed(codec).length / PLAIN_BYTES;
      assertTrue(share <= most.get(codec), codec + ": " + share);
      assertTrue(share >= most.get(codec) / 2, codec + ": " + share);
    }
  }
}
