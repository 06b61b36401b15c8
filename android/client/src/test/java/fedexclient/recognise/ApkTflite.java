package fedexclient.recognise;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Paths;

/** The runtime of an APK on this machine: its x86-64 library, over what src/test/c offers of Android's C library. */
public final class ApkTflite {
  private ApkTflite() {}

  /** Skips a test, for the reason said, where it cannot run. */
  public static void require() {
    assumeTrue(isThere("libtensorflowlite_jni.so"), "no library of the APK for this machine");
    assumeTrue(isThere("liblog.so"), "nothing of Android's C library: make test-android, on x86-64 with gcc");
  }

  private static boolean isThere(String name) {
    boolean isThere = false;
    for (String folder : System.getProperty("java.library.path").split(":")) {
      isThere |= Files.exists(Paths.get(folder, name));
    }
    return isThere;
  }
}
