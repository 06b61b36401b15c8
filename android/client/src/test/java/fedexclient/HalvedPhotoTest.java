package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import fedexclient.contract.Box;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.heads.HeadStore;
import fedexclient.keeping.Keeper;
import fedexclient.keeping.KeptAnswer;
import fedexclient.photos.PhotoDecoder;
import fedexclient.recognise.BundleModels;
import fedexclient.recognise.DesktopRuntime;
import fedexclient.recognise.ModelSource;
import fedexclient.recognise.Recognizer;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.GraphicsMode;

/**
 * Boxes lie in the pixels of the file. They once were in those of a photo that was decoded at half its size, and an app
 * that drew them over the whole photo put them around other faces.
 */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class HalvedPhotoTest {
  private static final File FIXTURE = new File(System.getProperty("fedex.fixture", "../../build/android-fixture"));
  private static final double SAME_PLACE = 0.7;

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  @Before
  public void photos_are_there() {
    Missing.unless(new File(FIXTURE, "done").exists(),
        "no bundle that the Python side exported: make install, then make test-android");
  }

  @Test
  public void a_face_is_at_the_same_place_however_large_a_photo_is_decoded() throws Exception {
    Bitmap bitmap = BitmapFactory.decodeFile(new File(FIXTURE, "photos/000.png").getPath());
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    bitmap.compress(Bitmap.CompressFormat.JPEG, 95, file);
    int pixels = bitmap.getWidth() * bitmap.getHeight();
    List<KeptAnswer> whole = recognise(file.toByteArray(), new PhotoDecoder());
    List<KeptAnswer> halved = recognise(file.toByteArray(), new PhotoDecoder(pixels - 1));
    assertTrue(whole.size() > 0);
    assertEquals(whole.size(), halved.size());
    for (int face = 0; face < whole.size(); face++) {
      Box expected = whole.get(face).answer().box();
      Box got = halved.get(face).answer().box();
      assertTrue(got + ", not " + expected, got.overlap(expected) > SAME_PLACE);
    }
  }

  private List<KeptAnswer> recognise(byte[] photo, PhotoDecoder decoder) throws Exception {
    File folder = new File(FIXTURE, "bundle");
    DeviceBundle bundle = DeviceBundle.read(new BundleFolder(folder));
    BundleModels models = new BundleModels(bundle, ModelSource.folder(folder), new DesktopRuntime(), 1);
    FedexOptions options = FedexOptions.ofFolder(folder, "app 1");
    Models home = new Models(options, new DesktopRuntime(), new HeadStore(temporary.getRoot().toPath()));
    try (Recognizer recognizer = Recognizer.open(models, null, 1);
        OpenCache caches = new OpenCache(new File(temporary.newFolder(), "cache.sqlite3"), 10)) {
      Keeper keeper = new Keeper(caches, bundle.facts(), home.tester(recognizer), () -> 0);
      return new PhotoRecognizer(recognizer, decoder, keeper).recognise(photo);
    }
  }
}
