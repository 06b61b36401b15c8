package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import fedexclient.photos.PhotoTooLargeException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ScriptedRecognizer;
import org.junit.Test;

/** A phone whose memory is short while models run. The error once left the library, and ended the app of a job. */
public final class NoMemoryTest extends FedexTestCase {
  private boolean isShort;

  /** What runs the models: of pictures that begin with a black pixel at any time. The golden input begins otherwise. */
  @Override
  ModelRuntime runtime() {
    float[] feature = bundle.goldenFeature();
    return ScriptedRecognizer.runtime(first -> {
      if (isShort && first != 0) {
        throw new OutOfMemoryError("scripted");
      }
      return feature.clone();
    });
  }

  @Test
  public void a_photo_that_there_is_no_memory_for_is_too_large_and_the_next_one_is_answered() throws Exception {
    try (PhotoRecognizer recognizer = fedex.recognizer()) {
      isShort = true;
      FedexException error = assertTrouble(Trouble.PHOTO, () -> recognizer.recognise(photo(0xff0000)));
      assertTrue(error.toString(), error.getCause() instanceof PhotoTooLargeException);
      isShort = false;
      assertEquals(1, recognizer.recognise(photo(0xff0000)).size());
    }
  }

  @Test
  public void a_self_test_that_there_is_no_memory_for_keeps_back_what_waits_until_there_is() throws Exception {
    isShort = true;
    teach(0);
    join();
    assertEquals(0, push().uploads());
    assertEquals(Trouble.KEPT_BACK.name(), fedex.status().lastPush().trouble());
    isShort = false;
    assertEquals(1, push().samples());
  }
}
