package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import fedexclient.contract.Inputs;
import fedexclient.contract.PhotoInput;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A photo may take three eighths of a phone's heap: what is made of it once took as much again. */
class PreparationMemoryTest {
  private static final int ALLOWANCE = 1 << 20;

  @ParameterizedTest
  @CsvSource({"crop, 3, 0", "letterbox, 3, 0", "stretch, 3, 0", "crop, 1, 1", "letterbox, 1, 1"})
  void beside_a_photo_there_is_a_byte_a_pixel_at_most(String fit, long channels, int bytesAPixel) throws Exception {
    PhotoInput input = (PhotoInput) Inputs.parse(
        Map.of("kind", "photo", "channels", channels, "height", 64L, "width", 64L, "fit", fit));
    Pixels photo = Pixels.ofRows(3200, 2000, (y, row) -> {});
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    Preparation.prepare(photo, input);
    long allocated = threads.getThreadAllocatedBytes(thread) - before;
    assertTrue(allocated < bytesAPixel * 3200L * 2000 + ALLOWANCE, allocated + " bytes");
  }
}
