package fedexapp.photo;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import android.content.ContentResolver;
import android.content.Context;
import android.net.Uri;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class CaptureProviderTest {
  private final Context context = RuntimeEnvironment.getApplication();
  private final ContentResolver content = context.getContentResolver();

  @Before
  public void register() {
    Robolectric.setupContentProvider(CaptureProvider.class, CaptureProvider.ADDRESS.getAuthority());
  }

  private void write(byte[] photo) throws IOException {
    try (OutputStream out = content.openOutputStream(CaptureProvider.ADDRESS, "wt")) {
      out.write(photo);
    }
  }

  @Test
  public void whatACameraWritesIsInTheFileAndTakesThePlaceOfWhatWasThere() throws IOException {
    write(new byte[100]);
    write(new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(CaptureProvider.file(context).toPath()));
    assertEquals("image/jpeg", content.getType(CaptureProvider.ADDRESS));
  }

  @Test
  public void noOtherFileIsWithinReach() {
    for (String path : new String[] {"/photo/../photos", "/photo/x", "/", "/photo?x=1"}) {
      Uri other = Uri.parse("content://fedexapp.demo.capture" + path);
      assertThrows(path, FileNotFoundException.class, () -> content.openFileDescriptor(other, "r"));
    }
    assertThrows(FileNotFoundException.class, () -> content.openFileDescriptor(CaptureProvider.ADDRESS, "wa"));
  }
}
