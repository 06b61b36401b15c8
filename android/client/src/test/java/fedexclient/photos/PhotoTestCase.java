package fedexclient.photos;

import static org.junit.Assert.assertThrows;

import fedexclient.recognise.PhotoException;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.GraphicsMode;

/** On Robolectric's Android, with the decoders that Android itself has: Skia, built for Linux. */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public abstract class PhotoTestCase {
  final PhotoDecoder decoder = new PhotoDecoder();

  PhotoException refused(String what, byte[] file) {
    return assertThrows(what, PhotoException.class, () -> decoder.decode(file));
  }
}
