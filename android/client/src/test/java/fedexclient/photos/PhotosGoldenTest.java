package fedexclient.photos;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import fedexclient.contract.Golden;
import fedexclient.contract.Sha256;
import org.junit.Test;
import org.robolectric.annotation.Config;

@Config(sdk = {26, 34})
public class PhotosGoldenTest extends PhotoTestCase {
  @Test
  public void golden_photos_have_the_golden_pixels() throws Exception {
    for (Golden.Vector vector : Golden.vectors("photos.json")) {
      Photo photo = decoder.decode(vector.hex("file"));
      assertEquals(vector.text("what"), vector.integer("width"), photo.pixels().width());
      assertArrayEquals(vector.text("what"), vector.hex("pixels"), photo.pixels().bytes());
      assertArrayEquals(Sha256.of(vector.hex("file")), photo.fileSha256());
    }
  }

  @Test
  public void golden_files_that_are_no_photos_are_refused() {
    for (Golden.Vector vector : Golden.vectors("refusals/photos.json")) {
      refused(vector.text("why"), vector.hex("file"));
    }
  }
}
