package fedexclient;

import static org.junit.Assert.assertEquals;

import fedexclient.heads.HeadStore;
import org.junit.After;
import org.junit.Test;
import org.robolectric.shadows.ShadowBuild;
import org.robolectric.shadows.ShadowVMRuntime;

/** What uploads say of this phone. */
public final class SetupTest extends FedexTestCase {
  @After
  public void the_process_is_what_it_was() {
    ShadowVMRuntime.reset();
  }

  private String system(boolean is64Bit) throws Exception {
    ShadowVMRuntime.setIs64Bit(is64Bit);
    FedexOptions options = FedexOptions.ofFolder(bundleFolder.toFile(), "app 1");
    return new Models(options, runtime(), new HeadStore(home())).setup().setup().system();
  }

  /**
   * It was the phone's first ABI. An app of 32 bits on a phone of 64 said arm64, and as its next version ran there, the
   * outcome of the old self-test counted for kernels that were never tested.
   */
  @Test
  public void a_process_of_another_abi_is_another_setup() throws Exception {
    ShadowBuild.setModel("Pixel 8");
    ShadowBuild.setSupportedAbis(new String[] {"arm64-v8a", "armeabi-v7a", "armeabi"});
    ShadowBuild.setSupported64BitAbis(new String[] {"arm64-v8a"});
    ShadowBuild.setSupported32BitAbis(new String[] {"armeabi-v7a", "armeabi"});
    assertEquals("Android 14 Pixel 8 arm64-v8a", system(true));
    assertEquals("Android 14 Pixel 8 armeabi-v7a", system(false));
  }

  @Test
  public void a_system_that_names_no_abi_is_named_without() throws Exception {
    ShadowBuild.setModel("Pixel 8");
    ShadowBuild.setSupported64BitAbis(new String[0]);
    assertEquals("Android 14 Pixel 8", system(true));
  }
}
