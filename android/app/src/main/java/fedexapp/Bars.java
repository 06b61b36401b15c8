package fedexapp;

import android.graphics.Insets;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;
import android.view.WindowInsets;
import fedexclient.photos.NeedsAndroid;

/**
 * Keeps what a screen shows clear of the system's bars, the keyboard and the camera.
 *
 * <p>Android 15 and later draw a screen of an app that targets them under all of these, and tell the content what they
 * cover, the action bar among it; earlier ones make room by themselves.
 */
@NeedsAndroid(Bars.ANDROID_15)
final class Bars {
  static final int ANDROID_15 = 35;

  private Bars() {}

  /** Makes room around the content that the window has now. */
  static void keepClear(Window window) {
    ViewGroup content = window.findViewById(Window.ID_ANDROID_CONTENT);
    content.getChildAt(0).setBackgroundResource(R.color.background);
    ((View) content.getParent()).setBackgroundResource(R.color.bar_dark);
    content.setOnApplyWindowInsetsListener((view, insets) -> {
      int covering = WindowInsets.Type.systemBars() | WindowInsets.Type.displayCutout() | WindowInsets.Type.ime();
      Insets covered = insets.getInsets(covering);
      view.setPadding(covered.left, covered.top, covered.right, covered.bottom);
      return WindowInsets.CONSUMED;
    });
  }
}
