package fedexclient;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.ContextWrapper;
import android.content.res.AssetManager;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.recognise.ScriptedBundle;
import fedexclient.recognise.ScriptedRecognizer;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.util.ReflectionHelpers;
import org.robolectric.util.ReflectionHelpers.ClassParameter;

/** A bundle in the assets of an archive, as an APK has them. */
@RunWith(RobolectricTestRunner.class)
public final class AssetBundleTest {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private Path folder;
  private DeviceBundle bundle;

  @Before
  public void copyBundle() throws Exception {
    folder = temporary.newFolder("bundle").toPath();
    bundle = ScriptedBundle.copy("device-bundle", folder);
  }

  /** The assets of an app that is packed so. */
  private AssetManager assets(boolean areModelsStored) throws Exception {
    File archive = temporary.newFile();
    try (ZipOutputStream zip = new ZipOutputStream(new FileOutputStream(archive))) {
      for (File file : folder.toFile().listFiles()) {
        add(zip, file, areModelsStored || !file.getName().endsWith(".tflite"));
      }
    }
    AssetManager assets = ReflectionHelpers.callConstructor(AssetManager.class);
    int cookie = ReflectionHelpers.callInstanceMethod(
        assets, "addAssetPath", ClassParameter.from(String.class, archive.getPath()));
    assertTrue("the archive was taken", cookie != 0);
    return assets;
  }

  private static void add(ZipOutputStream zip, File file, boolean isStored) throws IOException {
    byte[] content = Files.readAllBytes(file.toPath());
    ZipEntry entry = new ZipEntry("assets/models/" + file.getName());
    if (isStored) {
      CRC32 checksum = new CRC32();
      checksum.update(content);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      entry.setCrc(checksum.getValue());
    }
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private Fedex open(AssetManager assets) {
    ContextWrapper app = new ContextWrapper(RuntimeEnvironment.getApplication()) {
      @Override
      public AssetManager getAssets() {
        return assets;
      }
    };
    float[] feature = bundle.goldenFeature();
    return Devices.on(app, temporary.getRoot().toPath().resolve("home"), FedexOptions.ofAssets(app, "models", "app 1"),
        ScriptedRecognizer.runtime(first -> feature.clone()), "this");
  }

  @Test
  public void a_bundle_is_read_where_it_lies_and_its_models_are_mapped() throws Exception {
    AssetBundle files = new AssetBundle(assets(true), "models");
    assertEquals(bundle.sha256(), DeviceBundle.read(files).sha256());
    byte[] prefix = Files.readAllBytes(folder.resolve("prefix.tflite"));
    ByteBuffer mapped = files.map("prefix.tflite");
    assertTrue(mapped.isDirect());
    assertEquals(ByteBuffer.wrap(prefix), mapped);
    try (InputStream golden = files.open("golden-input.png")) {
      assertArrayEquals(Golden.bytes("device-bundle/golden-input.png"), golden.readAllBytes());
    }
  }

  @Test
  public void a_device_opens_on_it() throws Exception {
    try (Fedex fedex = open(assets(true)); PhotoRecognizer recognizer = fedex.recognizer()) {
      assertEquals(0, recognizer.headSerial());
      assertEquals(bundle.labels().size(), fedex.labels().size());
    }
  }

  @Test
  public void a_model_that_was_packed_smaller_cannot_be_mapped_and_is_said_to_be_at_fault() throws Exception {
    AssetManager assets = assets(false);
    assertThrows(IOException.class, () -> new AssetBundle(assets, "models").map("prefix.tflite"));
    try (Fedex fedex = open(assets)) {
      assertEquals(Trouble.MODEL, assertThrows(FedexException.class, fedex::recognizer).trouble());
    }
  }

  @Test
  public void a_file_that_is_missing_is_missing() throws Exception {
    AssetBundle files = new AssetBundle(assets(true), "elsewhere");
    assertThrows(FileNotFoundException.class, () -> files.open("bundle.json"));
    assertThrows(FileNotFoundException.class, () -> files.map("prefix.tflite"));
  }
}
