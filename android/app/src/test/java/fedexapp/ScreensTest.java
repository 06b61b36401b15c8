package fedexapp;

import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.view.View;
import android.view.ViewGroup;
import android.view.Window;
import fedexapp.learner.SyncResult;
import fedexapp.photo.StoredPhoto;
import fedexclient.contract.Problem;
import fedexclient.service.UnreachableException;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.Before;
import org.junit.Test;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowAlertDialog;

/** Screens as they are drawn, compared with pictures that somebody looked at and found right. */
public class ScreensTest extends ScreenTestCase {
  private static final String PHONE = "w360dp-h640dp-hdpi";
  private static final String PHONE_NIGHT = "w360dp-h640dp-night-hdpi";
  private static final String TABLET = "sw600dp-w960dp-h600dp-land-mdpi";
  private static final String TABLET_NIGHT = "sw600dp-w960dp-h600dp-land-night-mdpi";

  @Before
  public void begin() {
    if (!(app() instanceof ScriptedApplication)) {
      return;
    }
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.SELF_TEST_FAILED))
        .withLast(SyncResult.sent(12, 1_793_000_000L), SyncResult.current(1_793_000_000L));
  }

  private PhotosActivity openPhotos() throws IOException {
    for (int person = 0; person < 6; person++) {
      addPhoto("portrait" + person + ".jpg");
    }
    addPhoto("scene.jpg");
    return open(PhotosActivity.class).get();
  }

  private PhotoActivity openPhoto() throws IOException {
    StoredPhoto photo = addPhoto("scene.jpg");
    return open(PhotoActivity.class, photoIntent(photo)).get();
  }

  private static void assertLooks(Activity screen, String name) throws IOException {
    assertLooks(screen.getWindow(), name);
  }

  private static void assertLooks(Window window, String name) throws IOException {
    settle();
    assertTrue(name, Picture.of(window).isApproved(name));
  }

  @Test
  @Config(qualifiers = PHONE)
  public void photos() throws IOException {
    assertLooks(openPhotos(), "photos");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE_NIGHT)
  public void photosInGermanAndDark() throws IOException {
    assertLooks(openPhotos(), "photos-de-night");
  }

  @Test
  @Config(qualifiers = TABLET)
  public void photosOnATabletWhereWhatWasRefusedMayBeSentAgain() throws IOException {
    learner().status = learner().status.withRefusals(Arrays.asList(Problem.TOO_LARGE));
    assertLooks(openPhotos(), "photos-tablet");
  }

  @Test
  @Config(qualifiers = "w640dp-h360dp-land-mdpi")
  public void photosOnAPhoneThatLies() throws IOException {
    assertLooks(openPhotos(), "photos-land");
  }

  @Test
  @Config(qualifiers = "ar-ldrtl-" + PHONE)
  public void photosFromRightToLeft() throws IOException {
    assertLooks(openPhotos(), "photos-rtl");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void photosWithLargeText() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertLooks(openPhotos(), "photos-large");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void noPhotosYet() throws IOException {
    assertLooks(open(PhotosActivity.class).get(), "photos-none");
  }

  @Test
  @Config(qualifiers = PHONE, application = FedexApplication.class)
  public void noModel() throws IOException {
    assertLooks(open(PhotosActivity.class).get(), "photos-no-model");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void sending() throws IOException {
    PhotosActivity screen = openPhotos();
    learner().gate = new CountDownLatch(1);
    session().push();
    await(() -> session().sync() != null && session().sync().total() == 12);
    assertTrue(Picture.of(screen.getWindow()).isApproved("photos-sending"));
    learner().gate.countDown();
  }

  @Test
  @Config(qualifiers = PHONE)
  public void sendingFailed() throws IOException {
    PhotosActivity screen = openPhotos();
    learner().failure = new UnreachableException("of a test", new IOException());
    session().push();
    assertLooks(screen, "photos-failed");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void photo() throws IOException {
    PhotoActivity screen = openPhoto();
    screen.findViewById(R.id.agree).performClick();
    assertLooks(screen, "photo");
  }

  @Test
  @Config(qualifiers = TABLET_NIGHT)
  public void photoOnATabletDark() throws IOException {
    assertLooks(openPhoto(), "photo-tablet-night");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE)
  public void photoInGermanWithLargeText() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertLooks(openPhoto(), "photo-de-large");
  }

  @Test
  @Config(qualifiers = "ar-ldrtl-" + PHONE)
  public void photoFromRightToLeft() throws IOException {
    assertLooks(openPhoto(), "photo-rtl");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void photoThatIsNotRecognised() throws IOException {
    learner().failure = new IOException("of a test");
    assertLooks(openPhoto(), "photo-failed");
  }

  private Window askToRemove() throws IOException {
    shadowOf(openPhoto()).clickMenuItem(R.id.remove_photo);
    return ShadowAlertDialog.getLatestAlertDialog().getWindow();
  }

  @Test
  @Config(qualifiers = PHONE)
  public void removingAPhoto() throws IOException {
    assertLooks(askToRemove(), "remove");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE_NIGHT)
  public void removingAPhotoInGermanDarkWithLargeText() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertLooks(askToRemove(), "remove-de-night-large");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void name() throws IOException {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "ab");
    assertLooks(screen, "name");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void settings() throws IOException {
    assertLooks(open(SettingsActivity.class).get(), "settings");
  }

  /** The last of what there is to scroll to. */
  private static void scrollDown(Activity screen) {
    ViewGroup content = screen.findViewById(android.R.id.content);
    View scrolled = content.getChildAt(0);
    scrolled.scrollTo(0, ((ViewGroup) scrolled).getChildAt(0).getHeight());
  }

  @Test
  @Config(qualifiers = PHONE)
  public void lowerSettings() throws IOException {
    SettingsActivity screen = open(SettingsActivity.class).get();
    scrollDown(screen);
    assertLooks(screen, "settings-low");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE_NIGHT)
  public void settingsInGermanDarkWithLargeText() throws IOException {
    RuntimeEnvironment.setFontScale(2f);
    assertLooks(open(SettingsActivity.class).get(), "settings-de-night-large");
  }

  @Test
  @Config(qualifiers = PHONE_NIGHT)
  public void consentDark() throws IOException {
    learner().status = learner().status.withGroup(ScriptedLearner.GROUP, false);
    assertLooks(open(ConsentActivity.class).get(), "consent-night");
  }

  @Test
  @Config(qualifiers = TABLET)
  public void forgettingOnATablet() throws IOException {
    assertLooks(open(ForgetActivity.class).get(), "forget-tablet");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE)
  public void forgottenOnThePhoneAlone() throws IOException {
    learner().missesErasures = true;
    ForgetActivity screen = open(ForgetActivity.class).get();
    press(screen, R.id.yes);
    assertLooks(screen, "forget-half-de");
  }

  @Test
  @Config(qualifiers = PHONE)
  public void joiningAnotherGroup() throws IOException {
    EnrolActivity screen = open(EnrolActivity.class).get();
    type(screen, R.id.invitation, "fedex://enrol?v=1&url=https%3A%2F%2Ffaces.example.org&code=garden-42"
        + "&key=0123456789abcdef0123456789abcdef");
    scrollDown(screen);
    assertLooks(screen, "enrol-leads");
  }

  @Test
  @Config(qualifiers = "de-" + PHONE)
  public void joiningInGerman() throws IOException {
    EnrolActivity screen = open(EnrolActivity.class).get();
    type(screen, R.id.invitation, "fedex://enrol?v=1");
    press(screen, R.id.join);
    assertLooks(screen, "enrol-de");
  }
}
