package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.graphics.Insets;
import android.graphics.Rect;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;
import android.view.WindowInsets;
import java.io.IOException;
import org.junit.Before;
import org.junit.Test;
import org.robolectric.annotation.Config;

/** Nothing of a screen is under the bars of the system, where Android 15 draws it. */
public class BarsTest extends ScreenTestCase {
  private static final String PHONE = "w360dp-h640dp-mdpi";
  private static final int STATUS_BAR = 24;
  private static final int ACTION_BAR = 56;
  private static final int BUTTONS = 56;

  @Before
  public void showBars() throws Exception {
    SystemBars.show();
  }

  /** Where the layout of a screen lies in its window. */
  private static Rect place(Activity screen) {
    View layout = content(screen).getChildAt(0);
    int[] corner = new int[2];
    layout.getLocationInWindow(corner);
    return new Rect(corner[0], corner[1], corner[0] + layout.getWidth(), corner[1] + layout.getHeight());
  }

  private static ViewGroup content(Activity screen) {
    return screen.findViewById(Window.ID_ANDROID_CONTENT);
  }

  @Test
  @Config(qualifiers = PHONE)
  public void eachScreenLiesBetweenTheBars() throws IOException {
    for (Activity screen : allScreens()) {
      Rect expected = new Rect(0, STATUS_BAR + ACTION_BAR, 360, 640 - BUTTONS);
      assertEquals(screen.toString(), expected, place(screen));
    }
  }

  @Test
  @Config(sdk = 34, qualifiers = PHONE)
  public void asAndroid14PutsItByItself() throws IOException {
    eachScreenLiesBetweenTheBars();
  }

  @Test
  @Config(qualifiers = PHONE)
  public void theKeyboardCoversNoField() {
    Activity screen = open(EnrolActivity.class).get();
    View decor = screen.getWindow().getDecorView();
    WindowInsets keyboard = new WindowInsets.Builder(decor.getRootWindowInsets())
        .setInsets(WindowInsets.Type.ime(), Insets.of(0, 0, 0, 300)).build();
    decor.dispatchApplyWindowInsets(keyboard);
    settle();
    assertEquals(new Rect(0, STATUS_BAR + ACTION_BAR, 360, 640 - 300), place(screen));
  }

  @Test
  @Config(qualifiers = PHONE)
  public void theCameraOfAPhoneThatLiesCoversNothing() {
    Activity screen = open(SettingsActivity.class).get();
    View decor = screen.getWindow().getDecorView();
    WindowInsets camera = new WindowInsets.Builder(decor.getRootWindowInsets())
        .setInsets(WindowInsets.Type.displayCutout(), Insets.of(30, 0, 0, 0)).build();
    decor.dispatchApplyWindowInsets(camera);
    settle();
    assertEquals(30, place(screen).left);
  }

  @Test
  @Config(qualifiers = "w360dp-h640dp-hdpi")
  public void photosBetweenTheBars() throws IOException {
    addPhoto("scene.jpg");
    assertTrue(Picture.of(open(PhotosActivity.class).get().getWindow()).isApproved("photos-bars"));
  }

  @Test
  @Config(qualifiers = "w640dp-h360dp-land-night-hdpi")
  public void namesBetweenTheBarsOfAPhoneThatLies() throws IOException {
    assertTrue(Picture.of(open(NameActivity.class).get().getWindow()).isApproved("name-bars-land-night"));
  }
}
