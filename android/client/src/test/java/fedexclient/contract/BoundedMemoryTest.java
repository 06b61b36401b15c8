package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a stranger sends is refused without much memory, whatever it says of its size. */
class BoundedMemoryTest {
  private static final long MEBIBYTE = 1 << 20;

  private static long allocatedBy(Executable reading) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    Refusal.of(reading);
    return threads.getThreadAllocatedBytes(thread) - before;
  }

  private static Upload upload(int count, int elements) throws ContractException {
    Setup setup = Setup.of("an app", "a runtime", "a delegate", "a system");
    List<Sample> samples = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      byte[] id = new byte[SampleIds.BYTES];
      id[0] = (byte) index;
      id[1] = (byte) (index >> 8);
      samples.add(new Sample(id, 1, "Ada", new float[elements]));
    }
    String space = Sha256.hex(new byte[0]);
    return new Upload(space, SelfTest.of(setup, 1_000_000), FeatureShape.of(elements), samples);
  }

  @Test
  void a_bomb_is_stopped_at_the_size_that_the_header_says() throws Exception {
    byte[] right = UploadWriter.seal(upload(2, 1 << 17), Codec.INT8);
    byte[] bomb = DataSection.store(new byte[100 << 20]);
    UploadHeader header = UploadHeader.parse(right);
    String said = new String(right, 8, header.layout().dataStart() - 8, StandardCharsets.UTF_8)
        .replace("\"stored\":" + header.stored(), "\"stored\":" + bomb.length);
    byte[] data = TensorFile.join(headed(said), bomb);
    assertTrue(allocatedBy(() -> UploadReader.open(data)) < MEBIBYTE);
  }

  private static byte[] headed(String json) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    byte[] length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array();
    return TensorFile.join(length, header);
  }

  @Test
  void an_upload_of_another_shape_is_refused_before_it_is_unpacked() throws Exception {
    byte[] data = UploadWriter.seal(upload(1, 1 << 20), Codec.INT4);
    String space = Sha256.hex(new byte[0]);
    FeatureShape shape = FeatureShape.of(512);
    assertEquals("WrongSpace", Refusal.of(() -> UploadReader.open(data, space, shape, 0)));
    assertTrue(allocatedBy(() -> UploadReader.open(data, space, shape, 0)) < MEBIBYTE);
  }

  @Test
  void an_upload_that_is_too_large_is_not_written() throws Exception {
    Upload ofManySamples = upload(257, 1);
    Upload ofLargeFeatures = upload(17, 1 << 20);
    assertEquals("TooLarge", Refusal.of(() -> UploadWriter.seal(ofManySamples, Codec.INT4)));
    assertTrue(allocatedBy(() -> UploadWriter.seal(ofLargeFeatures, Codec.INT4)) < MEBIBYTE);
  }

  @Test
  void a_header_that_claims_more_than_there_is_costs_nothing() {
    byte[] data = new byte[64];
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TensorHeader.MAX_BYTES);
    Arrays.fill(data, 8, data.length, (byte) '{');
    assertTrue(allocatedBy(() -> TensorFile.parse(data)) < MEBIBYTE);
  }

  @Test
  void deep_json_is_refused_where_it_becomes_too_deep() {
    byte[] data = new byte[4 << 20];
    Arrays.fill(data, (byte) '[');
    // Three times the document are its characters, as they are decoded; of values there are sixteen lists.
    assertTrue(allocatedBy(() -> JsonReader.read(data, "door", data.length)) < 3L * data.length + MEBIBYTE);
  }
}
