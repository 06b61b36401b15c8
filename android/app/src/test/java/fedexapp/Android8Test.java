package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.ClipData;
import android.content.Intent;
import android.net.Uri;
import android.provider.MediaStore;
import android.view.ViewGroup;
import android.widget.GridView;
import android.widget.ListView;
import fedexapp.learner.Choice;
import fedexapp.photo.CaptureProvider;
import fedexclient.contract.Strictness;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.Test;
import org.robolectric.annotation.Config;

/** Each screen on the oldest Android that the app runs on: it opens, is drawn, and does what it is there for. */
@Config(sdk = 26, qualifiers = "w360dp-h640dp-mdpi")
public class Android8Test extends ScreenTestCase {
  private static void assertLooks(Activity screen, String name) throws IOException {
    settle();
    assertTrue(name, Picture.of(screen.getWindow()).isApproved(name + "-android8"));
  }

  private static int photos(PhotosActivity screen) {
    return ((GridView) screen.findViewById(R.id.grid)).getCount();
  }

  private static void finishRequest(Activity screen, Intent request, Intent result) {
    shadowOf(screen).receiveResult(request, Activity.RESULT_OK, result);
    settle();
  }

  private static void choose(PhotosActivity screen, byte[] photo) {
    press(screen, R.id.empty_add);
    Intent request = shadowOf(screen).getNextStartedActivityForResult().intent;
    assertEquals(Intent.ACTION_OPEN_DOCUMENT, request.getAction());
    Uri chosen = Uri.parse("content://photos/chosen");
    shadowOf(app().getContentResolver()).registerInputStream(chosen, new ByteArrayInputStream(photo));
    Intent result = new Intent();
    result.setClipData(ClipData.newRawUri("", chosen));
    finishRequest(screen, request, result);
  }

  @Test
  public void aPhotoIsChosenAmongDocumentsAndWhatIsTaughtIsSent() throws IOException {
    learner().status = ScriptedLearner.member();
    PhotosActivity screen = open(PhotosActivity.class).get();
    choose(screen, drawn("portrait0.jpg"));
    assertEquals(1, photos(screen));
    assertLooks(screen, "photos");
    press(screen, R.id.push);
    settle();
    press(screen, R.id.pull);
    settle();
    assertTrue(learner().asked.contains("push"));
    assertTrue(learner().asked.contains("pull"));
    assertEquals("", text(screen, R.id.trouble));
  }

  @Test
  public void aHeicIsRefusedInASentence() {
    PhotosActivity screen = open(PhotosActivity.class).get();
    choose(screen, "\0\0\0\u0018ftypheic\0\0\0\0mif1heic".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(screen.getString(R.string.error_photo_unreadable), text(screen, R.id.notice));
    assertEquals(0, photos(screen));
  }

  @Test
  @SuppressWarnings("deprecation") // the other one came with Android 13
  public void aPhotoIsTakenByTheCamera() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    shadowOf(screen).clickMenuItem(R.id.take_photo);
    settle();
    Intent request = shadowOf(screen).getNextStartedActivityForResult().intent;
    assertEquals(CaptureProvider.ADDRESS, request.getParcelableExtra(MediaStore.EXTRA_OUTPUT));
    Files.write(CaptureProvider.file(app()).toPath(), drawn("portrait1.jpg"));
    finishRequest(screen, request, new Intent());
    assertEquals(1, photos(screen));
  }

  @Test
  public void ofAPhotoOneFaceIsAgreedToAndOneCorrected() throws IOException {
    PhotoActivity screen = open(PhotoActivity.class, photoIntent(addPhoto("scene.jpg"))).get();
    ViewGroup faces = screen.findViewById(R.id.faces);
    faces.getChildAt(0).findViewById(R.id.agree).performClick();
    settle();
    faces.getChildAt(1).findViewById(R.id.correct).performClick();
    settle();
    finishRequest(screen, shadowOf(screen).getNextStartedActivityForResult().intent,
        new Intent().putExtra(NameActivity.LABEL, "Emil Fuchs"));
    assertTrue(learner().asked.contains("agree i1"));
    assertTrue(learner().asked.contains("correct i2 Emil Fuchs"));
    assertLooks(screen, "photo");
  }

  @Test
  public void aNameIsChosen() throws IOException {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "ab");
    assertLooks(screen, "name");
    ((ListView) screen.findViewById(R.id.names)).performItemClick(null, 1, 1);
    assertEquals("Dora Abel", shadowOf(screen).getResultIntent().getStringExtra(NameActivity.LABEL));
  }

  @Test
  public void whatIsPressedIsSet() throws IOException {
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertLooks(screen, "settings");
    press(screen, R.id.friendly);
    press(screen, R.id.unmetered);
    settle();
    assertEquals(Strictness.FRIENDLY, learner().choices.strictness());
    assertFalse(learner().choices.has(Choice.UNMETERED));
  }

  @Test
  public void consentIsGiven() throws IOException {
    ConsentActivity screen = open(ConsentActivity.class).get();
    assertLooks(screen, "consent");
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("consent true"));
    assertTrue(screen.isFinishing());
  }

  @Test
  public void allIsErased() throws IOException {
    ForgetActivity screen = open(ForgetActivity.class).get();
    assertLooks(screen, "forget");
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("erase"));
    assertTrue(screen.isFinishing());
  }

  @Test
  public void aGroupIsJoinedByALink() throws IOException {
    String key = "0123456789abcdef0123456789abcdef";
    Uri link = Uri.parse("fedex://enrol?v=1&url=https%3A%2F%2Ffaces.example.org&code=garden-42&key=" + key);
    Intent opened = new Intent(Intent.ACTION_VIEW, link).setClass(app(), EnrolActivity.class);
    EnrolActivity screen = open(EnrolActivity.class, opened).get();
    assertLooks(screen, "enrol");
    press(screen, R.id.join);
    settle();
    assertTrue(learner().asked.contains("enrol https://faces.example.org garden-42 " + key));
    assertTrue(screen.isFinishing());
  }
}
