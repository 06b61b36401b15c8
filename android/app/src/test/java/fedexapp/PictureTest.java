package fedexapp;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.view.Window;
import android.widget.TextView;
import org.junit.Test;

public class PictureTest extends ScreenTestCase {
  @Test
  public void theSameScreenLooksTheSame() {
    Window window = open(ForgetActivity.class).get().getWindow();
    assertTrue(Picture.of(window).looksLike(Picture.of(window)));
  }

  @Test
  public void textThatMovedByAPixelAndAnotherWordAreSeen() {
    ForgetActivity screen = open(ForgetActivity.class).get();
    Picture before = Picture.of(screen.getWindow());
    TextView text = screen.findViewById(R.id.text);
    text.setTranslationX(1);
    assertFalse(Picture.of(screen.getWindow()).looksLike(before));
    text.setTranslationX(0);
    TextView button = screen.findViewById(R.id.yes);
    button.setText(R.string.forget_no);
    assertFalse(Picture.of(screen.getWindow()).looksLike(before));
  }

  @Test
  public void screensOfTwoSizesDiffer() {
    Picture phone = Picture.of(open(ForgetActivity.class).get().getWindow());
    org.robolectric.RuntimeEnvironment.setQualifiers("+land");
    assertFalse(Picture.of(open(ForgetActivity.class).get().getWindow()).looksLike(phone));
  }
}
