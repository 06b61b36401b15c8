package fedexclient.photos;

import android.os.Build;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.Pixels;

/** A HEIC, which says by its boxes how it is turned: the decoder of Android 9 and later turns it itself. */
final class HeicFile extends PhotoFile {
  HeicFile(byte[] content) {
    super(content);
  }

  @Override
  int divisor(PhotoSize bound) {
    return 1;
  }

  @Override
  Pixels decode(PhotoSize bound) throws PhotoException {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) {
      throw new PhotoException("photo: expected no HEIC before Android 9: save it as JPEG");
    }
    return TurningDecoder.decode(content(), bound);
  }
}
