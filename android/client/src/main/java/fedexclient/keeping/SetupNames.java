package fedexclient.keeping;

import fedexclient.cache.BundleSetup;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.MalformedException;
import fedexclient.contract.Setup;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes what computes features on this device, in words that tell no user from another.
 *
 * <p>What a system says of itself is kept as far as a name may have it: printable ASCII, 128 characters.
 */
public final class SetupNames {
  /** Of this library, with its version: it prepares photos. */
  static final String LIBRARY = "fedex-android 0.1.0";

  private static final int MAX_CHARACTERS = 128;
  private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x20-\\x7e]");
  private static final Pattern MAJOR_MINOR = Pattern.compile("[0-9]+(\\.[0-9]+)?");

  private final String app;
  private final String system;

  /**
   * Takes the names of one phone. Of the release only the beginning is said: that of a build of one's own may be one
   * user's alone.
   *
   * @param app name and version of the app, which decodes photos
   * @param release {@code Build.VERSION.RELEASE}
   * @param machine {@code Build.MODEL}, and the ABI that the process runs in
   */
  public SetupNames(String app, String release, String machine) {
    this.app = name(LIBRARY + ", " + app);
    Matcher version = MAJOR_MINOR.matcher(release);
    this.system = name((version.lookingAt() ? "Android " + version.group() : "Android") + " " + machine);
  }

  /**
   * What computes the features of a bundle.
   *
   * @param runtime what runs the models: {@code ModelRuntime.name()}
   * @param threads of one run
   */
  public BundleSetup of(DeviceBundle bundle, String runtime, int threads) {
    String delegate = "cpu, " + threads + (threads == 1 ? " thread" : " threads");
    try {
      Setup setup = Setup.of(app, name(runtime), delegate, system);
      return new BundleSetup(setup, bundle.sha256(), bundle.facts().leastCosinePpm());
    } catch (MalformedException error) {
      throw new IllegalStateException(error); // they are names by now
    }
  }

  private static String name(String text) {
    String printable = UNPRINTABLE.matcher(text).replaceAll("?").trim();
    String name = printable.substring(0, Math.min(printable.length(), MAX_CHARACTERS));
    return name.isEmpty() ? "unknown" : name;
  }
}
