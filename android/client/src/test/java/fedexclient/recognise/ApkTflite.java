package fedexclient.recognise;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import fedexclient.Missing;
import java.nio.file.Files;
import java.nio.file.Paths;

/** The runtime of an APK on this machine: its x86-64 library, over what src/test/c offers of Android's C library. */
public final class ApkTflite {
  private ApkTflite() {}

  /** Skips a test, for the reason said, where it cannot run. */
  public static void require() {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "no library of the APK for this machine");
    Missing.unless(isThere("libtensorflowlite_jni.so"), "no library of the APK where the build unpacks it");
    Missing.unless(isThere("liblog.so"), "nothing of Android's C library: make test-android, where there is gcc");
  }

  private static boolean isThere(String name) {
    boolean isThere = false;
    for (String folder : System.getProperty("java.library.path").split(":")) {
      isThere |= Files.exists(Paths.get(folder, name));
    }
    return isThere;
  }
}
