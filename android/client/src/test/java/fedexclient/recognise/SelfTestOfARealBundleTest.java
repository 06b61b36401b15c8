package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import org.junit.jupiter.api.Test;

/** A whole network, as the Python side exports it, on the runtime of an APK. */
class SelfTestOfARealBundleTest {
  @Test
  void the_golden_input_gives_the_golden_feature() throws Exception {
    Fixture fixture = Fixture.require();
    try (Recognizer recognizer = Recognizer.open(fixture.models(), null, 1)) {
      int cosinePpm = recognizer.selfTest(Fixture.decode(new File(fixture.bundleFolder(), "golden-input.png")));
      assertTrue(cosinePpm >= fixture.bundle().facts().leastCosinePpm(), cosinePpm + " ppm");
    }
  }
}
