package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import android.graphics.Bitmap;
import fedexclient.contract.DeviceBundle;
import fedexclient.keeping.KeptAnswer;
import fedexclient.push.PushReport;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ScriptedRecognizer;
import fedexclient.service.Stop;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.file.Path;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.function.ThrowingRunnable;
import org.junit.rules.TemporaryFolder;
import org.junit.rules.Timeout;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.GraphicsMode;

/** A device with scripted models, and a service for it that a test may put faults into. */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public abstract class FedexTestCase {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();
  @Rule public final Timeout timeout = Timeout.seconds(60);

  SmallService service;
  Fedex fedex;
  DeviceBundle bundle;
  Path bundleFolder;

  @Before
  public void open() throws Exception {
    service = new SmallService();
    bundleFolder = temporary.newFolder("bundle").toPath();
    bundle = copyBundle();
    fedex = opened("this");
  }

  @After
  public void close() {
    fedex.close();
    service.close();
  }

  /** The device, as a phone of some name opens it. */
  Fedex opened(String phone) throws Exception {
    FedexOptions options = FedexOptions.ofFolder(bundleFolder.toFile(), "app 1");
    return Devices.on(RuntimeEnvironment.getApplication(), home(), options, runtime(), phone);
  }

  DeviceBundle copyBundle() throws Exception {
    return ScriptedRecognizer.bundle(bundleFolder);
  }

  /** What runs the models: every photo has the golden feature. */
  ModelRuntime runtime() {
    float[] feature = bundle.goldenFeature();
    return ScriptedRecognizer.runtime(first -> feature.clone());
  }

  Path home() {
    return temporary.getRoot().toPath().resolve("home");
  }

  File cache() {
    return home().resolve("cache.sqlite3").toFile();
  }

  /** The file of a photo; another one for each colour. */
  static byte[] photo(int colour) {
    Bitmap bitmap = Bitmap.createBitmap(200, 200, Bitmap.Config.ARGB_8888);
    bitmap.eraseColor(0xff000000 | colour);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    bitmap.compress(Bitmap.CompressFormat.PNG, 100, file);
    return file.toByteArray();
  }

  KeptAnswer recognise(int colour) throws Exception {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      return recognizer.recognise(photo(colour)).get(0);
    }
  }

  /** Recognises a photo of each colour, and says who it is. */
  void teach(int... colours) throws Exception {
    for (int colour : colours) {
      fedex.correct(recognise(colour).inference(), "Ada");
    }
  }

  void join() throws Exception {
    fedex.enrol(service.invitation());
    fedex.giveConsent();
  }

  PushReport push() throws Exception {
    return fedex.push(progress -> {}, new Stop());
  }

  static FedexException assertTrouble(Trouble expected, ThrowingRunnable asked) {
    FedexException error = assertThrows(FedexException.class, asked);
    assertEquals(error.toString(), expected, error.trouble());
    return error;
  }
}
