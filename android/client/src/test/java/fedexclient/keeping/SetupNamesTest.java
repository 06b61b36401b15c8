package fedexclient.keeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.Setup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SetupNamesTest {
  private static Setup setup(String app, String release, String machine, int threads) throws Exception {
    DeviceBundle bundle = KeepingTestCase.bundle();
    return new SetupNames(app, release, machine).of(bundle, "tensorflow-lite 2.16.1", threads).setup();
  }

  @Test
  void a_phone_is_described_with_its_bundle() throws Exception {
    DeviceBundle bundle = DeviceBundle.read(new BundleFolder(Golden.folder().resolve("device-bundle").toFile()));
    SetupNames names = new SetupNames("app 3", "14", "Pixel 7 arm64-v8a");
    assertEquals(bundle.sha256(), names.of(bundle, "tensorflow-lite 2.16.1", 1).bundle());
    assertEquals(bundle.facts().leastCosinePpm(), names.of(bundle, "tensorflow-lite 2.16.1", 1).leastCosinePpm());
    assertEquals(SetupNames.LIBRARY + ", app 3, tensorflow-lite 2.16.1, cpu, 1 thread, Android 14 Pixel 7 arm64-v8a",
        names.of(bundle, "tensorflow-lite 2.16.1", 1).setup().toString());
    assertEquals("cpu, 4 threads", names.of(bundle, "tensorflow-lite 2.16.1", 4).setup().delegate());
  }

  @Test
  void a_system_may_call_itself_anything() throws Exception {
    Setup odd = setup("\u2603 app\n", "ours", "\ud83d\ude00" + "x".repeat(500), 1);
    assertEquals(SetupNames.LIBRARY + ", ? app?", odd.app());
    assertEquals("Android ?" + "x".repeat(119), odd.system());
    assertEquals("Android", setup("app", "", "", 1).system());
  }

  /** A build of one's own may have a name that nobody else's has. */
  @Test
  void no_release_tells_one_user_from_another() throws Exception {
    assertEquals("Android 8.1 Pixel", setup("app", "8.1.0-adas-own+", "Pixel", 1).system());
  }

  @Test
  void the_library_says_the_version_that_it_is_built_as() throws Exception {
    Path pom = Path.of(System.getProperty("fedex.root"), "android/pom.xml");
    String version = SetupNames.LIBRARY.substring("fedex-android ".length());
    String text = new String(Files.readAllBytes(pom), StandardCharsets.UTF_8);
    assertTrue(text.contains("<artifactId>android</artifactId>\n  <version>" + version + "</version>"), version);
  }
}
