package fedexclient;

import static org.junit.Assert.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Test;

/** The manifest that goes into the AAR, where no build of ours reads it, and those of apps do. */
public final class LibraryManifestTest {
  private static final Pattern PACKAGE = Pattern.compile("package=\"([^\"]*)\"");
  private static final Pattern OF_ANDROID = Pattern.compile("[a-zA-Z]\\w*(\\.[a-zA-Z]\\w*)+");

  /** One without a dot is refused by aapt2, and with it the whole library. */
  @Test
  public void its_package_is_a_name_that_android_takes() throws Exception {
    Path manifest = Path.of(System.getProperty("fedex.root", "../.."), "android/client/src/aar/AndroidManifest.xml");
    Matcher name = PACKAGE.matcher(new String(Files.readAllBytes(manifest), StandardCharsets.UTF_8));
    assertTrue(name.find());
    assertTrue(name.group(1), OF_ANDROID.matcher(name.group(1)).matches());
  }
}
