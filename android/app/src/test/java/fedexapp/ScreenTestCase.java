package fedexapp;

import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.app.Application;
import android.content.Intent;
import android.content.res.Configuration;
import android.content.res.Resources;
import android.os.Looper;
import android.text.Selection;
import android.view.View;
import android.widget.TextView;
import fedexapp.photo.CaptureProvider;
import fedexapp.photo.StoredPhoto;
import fedexapp.session.Lane;
import fedexapp.session.Session;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.junit.After;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** A screen on Robolectric's Android 15, with the learner of the tests. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = ScriptedApplication.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public abstract class ScreenTestCase {
  private static final long PATIENCE_MS = 20_000;

  private final List<ActivityController<?>> opened = new ArrayList<>();

  @After
  public void closeScreens() {
    for (ActivityController<?> controller : opened) {
      controller.close();
    }
  }

  static Application app() {
    return RuntimeEnvironment.getApplication();
  }

  /** The texts of the app in a language. */
  static Resources in(Locale language) {
    Configuration configuration = new Configuration(app().getResources().getConfiguration());
    configuration.setLocale(language);
    return app().createConfigurationContext(configuration).getResources();
  }

  static ScriptedLearner learner() {
    return ((ScriptedApplication) app()).learner;
  }

  static Session session() {
    return FedexApplication.sessionOf(app());
  }

  <T extends Activity> ActivityController<T> open(Class<T> screen) {
    return open(screen, new Intent(app(), screen));
  }

  <T extends Activity> ActivityController<T> open(Class<T> screen, Intent intent) {
    ActivityController<T> controller = Robolectric.buildActivity(screen, intent);
    opened.add(controller);
    controller.setup();
    settle();
    return controller;
  }

  /** Each screen of the app, with a photo where there are any. */
  List<Activity> allScreens() throws IOException {
    Intent photo = photoIntent(addPhoto("scene.jpg"));
    List<Activity> screens = new ArrayList<>();
    screens.add(open(PhotosActivity.class).get());
    screens.add(open(PhotoActivity.class, photo).get());
    screens.add(open(NameActivity.class).get());
    screens.add(open(SettingsActivity.class).get());
    screens.add(open(ConsentActivity.class).get());
    screens.add(open(ForgetActivity.class).get());
    screens.add(open(EnrolActivity.class).get());
    return screens;
  }

  /** The intent that opens the screen of a photo. */
  static Intent photoIntent(StoredPhoto photo) {
    return new Intent(app(), PhotoActivity.class).putExtra(PhotoActivity.PHOTO, photo.id());
  }

  /** Adds one of the drawn photos, as a camera would. */
  static StoredPhoto addPhoto(String name) throws IOException {
    byte[] photo = drawn(name);
    session().jobs().run(Lane.PHOTOS, () -> Files.write(CaptureProvider.file(app()).toPath(), photo), done -> {},
        error -> fail(error.toString()));
    session().photos().addCaptured();
    settle();
    return session().photos().list().get(0);
  }

  static byte[] drawn(String name) throws IOException {
    return Files.readAllBytes(new File(System.getProperty("fedex.app"), "src/test/photos/" + name).toPath());
  }

  /** Waits until nothing runs in the background and all of it is shown. */
  static void settle() {
    await(() -> session().jobs().areIdle());
  }

  static void await(BooleanSupplier condition) {
    long end = System.currentTimeMillis() + PATIENCE_MS;
    shadowOf(Looper.getMainLooper()).idle();
    while (!condition.getAsBoolean()) {
      if (System.currentTimeMillis() > end) {
        fail("it did not happen within " + PATIENCE_MS + " ms");
      }
      shadowOf(Looper.getMainLooper()).idle();
      Thread.yield();
    }
    shadowOf(Looper.getMainLooper()).idle();
  }

  static void press(Activity screen, int id) {
    View view = screen.findViewById(id);
    assertTrue("can be pressed", view.isShown() && view.isEnabled());
    view.performClick();
    shadowOf(Looper.getMainLooper()).idle();
  }

  static String text(Activity screen, int id) {
    TextView view = screen.findViewById(id);
    return view.isShown() ? view.getText().toString() : "";
  }

  /** Types into a field in place of what is there. */
  static void type(Activity screen, int id, String text) {
    TextView view = screen.findViewById(id);
    view.setText(text);
    Selection.setSelection(view.getEditableText(), text.length());
    shadowOf(Looper.getMainLooper()).idle();
  }

  static boolean isShown(Activity screen, int id) {
    View view = screen.findViewById(id);
    return view.isShown();
  }
}
