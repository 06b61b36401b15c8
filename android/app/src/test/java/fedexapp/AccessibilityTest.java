package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.view.View;
import android.view.ViewGroup;
import android.widget.EditText;
import android.widget.TextView;
import fedexclient.contract.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

public class AccessibilityTest extends ScreenTestCase {
  private static List<View> shown(View root) {
    List<View> views = new ArrayList<>();
    if (root.isShown()) {
      views.add(root);
      for (int index = 0; root instanceof ViewGroup && index < ((ViewGroup) root).getChildCount(); index++) {
        views.addAll(shown(((ViewGroup) root).getChildAt(index)));
      }
    }
    return views;
  }

  private List<Activity> fullScreens() throws IOException {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.TOO_LARGE)).withDamage(true);
    return allScreens();
  }

  private static List<View> contents(Activity screen) {
    return shown(screen.findViewById(android.R.id.content));
  }

  @Test
  public void whatCanBePressedIsLargeEnoughAndSaysWhatItIs() throws IOException {
    float density = app().getResources().getDisplayMetrics().density;
    int seen = 0;
    for (Activity screen : fullScreens()) {
      for (View view : contents(screen)) {
        if (view.isClickable() && view.isEnabled() && !(view instanceof android.widget.AdapterView)) {
          seen++;
          String name = screen.getClass().getSimpleName() + ": " + view;
          assertTrue(name, view.getHeight() >= 48 * density && view.getWidth() >= 48 * density);
          assertTrue(name, isNamed(view));
        }
      }
    }
    assertTrue("all were seen", seen > 25);
  }

  private static boolean isNamed(View view) {
    boolean hasText = view instanceof TextView && ((TextView) view).getText().length() > 0;
    boolean hasLabel = view instanceof EditText && isLabelled(view);
    return hasText || hasLabel || view.getContentDescription() != null;
  }

  private static boolean isLabelled(View field) {
    for (View view : shown(field.getRootView())) {
      if (view.getLabelFor() == field.getId()) {
        return true;
      }
    }
    return false;
  }

  @Test
  public void headingsAreHeadings() throws IOException {
    int headings = 0;
    for (Activity screen : fullScreens()) {
      for (View view : contents(screen)) {
        headings += view.isAccessibilityHeading() ? 1 : 0;
      }
    }
    assertEquals(8, headings);
  }

  @Test
  public void thePhotoSaysWhoIsInItAndEachFaceWhoItIs() throws IOException {
    PhotoActivity screen = open(PhotoActivity.class, photoIntent(addPhoto("scene.jpg"))).get();
    assertEquals("The photo. Ada Abel, Not known, Björn Carlsen",
        screen.findViewById(R.id.picture).getContentDescription());
    assertEquals("Face 1: Ada Abel. 93% sure", screen.findViewById(R.id.who).getContentDescription());
    assertEquals("That’s right: face 1 is Ada Abel", screen.findViewById(R.id.agree).getContentDescription());
  }

  @Test
  @Config(qualifiers = "w320dp-h480dp-hdpi")
  public void atTwiceTheTextSizeNothingIsCutOffOnASmallPhone() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertNothingIsCutOff();
  }

  @Test
  @Config(qualifiers = "de-w320dp-h480dp-hdpi")
  public void norInGerman() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertNothingIsCutOff();
  }

  /** Android 14 makes text that is large already grow less; those before it do not. */
  @Test
  @Config(sdk = 26, qualifiers = "de-w320dp-h480dp-hdpi")
  public void norWhereAllTextGrowsAlike() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertNothingIsCutOff();
  }

  private void assertNothingIsCutOff() throws IOException {
    for (Activity screen : fullScreens()) {
      for (View view : contents(screen)) {
        if (view instanceof TextView && !(view instanceof EditText) && ((TextView) view).getLayout() != null) {
          TextView text = (TextView) view;
          String name = screen.getClass().getSimpleName() + ": " + text.getText();
          int room = text.getHeight() - text.getCompoundPaddingTop() - text.getCompoundPaddingBottom();
          assertTrue(name, text.getLayout().getHeight() <= room);
          assertTrue(name, isWithinItsParent(text));
        }
      }
    }
  }

  private static boolean isWithinItsParent(View view) {
    View parent = (View) view.getParent();
    return view.getLeft() >= 0 && view.getRight() <= parent.getWidth();
  }
}
