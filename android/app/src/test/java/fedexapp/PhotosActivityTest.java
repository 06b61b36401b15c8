package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.ClipData;
import android.content.ComponentName;
import android.content.Intent;
import android.content.IntentFilter;
import android.net.Uri;
import android.os.Build;
import android.provider.MediaStore;
import android.view.WindowManager;
import android.widget.GridView;
import android.widget.ProgressBar;
import fedexapp.learner.Choice;
import fedexapp.learner.PastFailure;
import fedexapp.learner.Release;
import fedexapp.learner.Samples;
import fedexapp.learner.Status;
import fedexapp.learner.SyncResult;
import fedexapp.photo.CaptureProvider;
import fedexclient.Trouble;
import fedexclient.contract.Problem;
import fedexclient.service.UnreachableException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.After;
import org.junit.Test;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.util.ReflectionHelpers;

public class PhotosActivityTest extends ScreenTestCase {
  private final int sdk = Build.VERSION.SDK_INT;

  @After
  public void androidIsWhatItWas() {
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", sdk);
  }

  private static GridView grid(PhotosActivity screen) {
    return screen.findViewById(R.id.grid);
  }

  private static void finishRequest(PhotosActivity screen, Intent request, Intent result) {
    shadowOf(screen).receiveResult(request, PhotosActivity.RESULT_OK, result);
    settle();
  }

  @Test
  public void withoutPhotosItSaysSoAndOffersToAddSome() {
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertTrue(isShown(screen, R.id.empty_add));
    press(screen, R.id.empty_add);
    assertEquals(MediaStore.ACTION_PICK_IMAGES, shadowOf(screen).getNextStartedActivityForResult().intent.getAction());
  }

  @Test
  public void photosThatWereChosenAreInTheGridAndOnceEach() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    ClipData clip = ClipData.newRawUri("", offer("a", drawn("portrait0.jpg")));
    clip.addItem(new ClipData.Item(offer("b", drawn("portrait1.jpg"))));
    clip.addItem(new ClipData.Item(offer("c", drawn("portrait0.jpg"))));
    press(screen, R.id.empty_add);
    Intent chosen = new Intent();
    chosen.setClipData(clip);
    finishRequest(screen, shadowOf(screen).getNextStartedActivityForResult().intent, chosen);
    assertEquals(2, grid(screen).getCount());
    assertFalse(isShown(screen, R.id.empty_add));
  }

  private static Uri offer(String name, byte[] photo) {
    Uri uri = Uri.parse("content://photos/" + name);
    shadowOf(app().getContentResolver()).registerInputStream(uri, new ByteArrayInputStream(photo));
    return uri;
  }

  @Test
  public void aFileThatIsNoPhotoIsRefusedInASentenceAndTheOthersAreAdded() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.empty_add);
    ClipData clip = ClipData.newRawUri("", offer("a", "no photo".getBytes("UTF-8")));
    clip.addItem(new ClipData.Item(offer("b", drawn("portrait1.jpg"))));
    Intent chosen = new Intent();
    chosen.setClipData(clip);
    finishRequest(screen, shadowOf(screen).getNextStartedActivityForResult().intent, chosen);
    assertEquals(screen.getString(R.string.error_photo_unreadable), text(screen, R.id.notice));
    assertEquals(1, grid(screen).getCount());
  }

  private static Intent addPressed(PhotosActivity screen) {
    press(screen, R.id.empty_add);
    return shadowOf(screen).getNextStartedActivityForResult().intent;
  }

  private static Intent chosen(Uri... photos) {
    ClipData clip = ClipData.newRawUri("", photos[0]);
    for (Uri photo : Arrays.asList(photos).subList(1, photos.length)) {
      clip.addItem(new ClipData.Item(photo));
    }
    Intent chosen = new Intent();
    chosen.setClipData(clip);
    return chosen;
  }

  @Test
  public void beforeAndroid13PhotosAreChosenAmongDocuments() throws IOException {
    ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", Build.VERSION_CODES.S_V2);
    PhotosActivity screen = open(PhotosActivity.class).get();
    Intent asked = addPressed(screen);
    assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.getAction());
    assertEquals("image/*", asked.getType());
    assertTrue(asked.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false));
    finishRequest(screen, asked, chosen(offer("a", drawn("portrait0.jpg")), offer("b", drawn("portrait1.jpg"))));
    assertEquals(2, grid(screen).getCount());
    assertEquals("", text(screen, R.id.notice));
  }

  @Test
  public void ofMorePhotosThanAreAddedAtOnceItIsSaidWhichWere() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    Uri[] photos = new Uri[51];
    for (int index = 0; index < photos.length; index++) {
      photos[index] = offer("p" + index, drawn("portrait" + index % 2 + ".jpg"));
    }
    finishRequest(screen, addPressed(screen), chosen(photos));
    assertEquals("Only the first 50 photos were added; please choose the others again.", text(screen, R.id.notice));
    assertEquals(2, grid(screen).getCount());
  }

  @Test
  public void whereNobodyPicksPhotosDocumentsAreOffered() throws Exception {
    shadowOf(app()).checkActivities(true);
    ComponentName documents = new ComponentName("documents", "Documents");
    shadowOf(app().getPackageManager()).addActivityIfNotPresent(documents);
    IntentFilter filter = new IntentFilter(Intent.ACTION_OPEN_DOCUMENT);
    filter.addCategory(Intent.CATEGORY_OPENABLE);
    filter.addCategory(Intent.CATEGORY_DEFAULT);
    filter.addDataType("image/*");
    shadowOf(app().getPackageManager()).addIntentFilterForActivity(documents, filter);
    assertEquals(Intent.ACTION_OPEN_DOCUMENT, addPressed(open(PhotosActivity.class).get()).getAction());
  }

  @Test
  public void aPhotoThatItsAppDoesNotHandOutIsSaidSoAndTheOthersAreAdded() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    Uri kept = Uri.parse("content://photos/kept");
    shadowOf(app().getContentResolver()).registerInputStreamSupplier(kept, () -> {
      throw new SecurityException("the grant is gone");
    });
    finishRequest(screen, addPressed(screen), chosen(kept, offer("b", drawn("portrait1.jpg"))));
    assertEquals(screen.getString(R.string.error_photo_gone), text(screen, R.id.notice));
    assertEquals(1, grid(screen).getCount());
  }

  @Test
  public void aNoticeOfAPhotoGoesWhenItWasSeenAndHidesNoOther() throws IOException {
    ActivityController<PhotosActivity> controller = open(PhotosActivity.class);
    PhotosActivity screen = controller.get();
    learner().unknown = new IOException("unreadable");
    session().refresh();
    finishRequest(screen, addPressed(screen), chosen(offer("a", "no photo".getBytes("UTF-8"))));
    assertEquals(screen.getString(R.string.error_photo_unreadable) + "\n" + screen.getString(R.string.error_storage),
        text(screen, R.id.notice));
    controller.pause().stop();
    controller.start().resume();
    settle();
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.notice));
  }

  @Test
  public void theCameraWritesToAnAddressOfTheAppAndThePhotoIsInTheGrid() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    shadowOf(screen).clickMenuItem(R.id.take_photo);
    settle();
    Intent request = shadowOf(screen).getNextStartedActivityForResult().intent;
    assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, request.getAction());
    assertEquals(CaptureProvider.ADDRESS, request.getParcelableExtra(MediaStore.EXTRA_OUTPUT, Uri.class));
    File captured = CaptureProvider.file(app());
    Files.write(captured.toPath(), drawn("portrait2.jpg"));
    finishRequest(screen, request, new Intent());
    assertEquals(1, grid(screen).getCount());
    assertFalse("is removed", captured.exists());
  }

  @Test
  public void aPhotoThatWasThrownAwayInTheCameraIsRemoved() throws IOException {
    PhotosActivity screen = open(PhotosActivity.class).get();
    shadowOf(screen).clickMenuItem(R.id.take_photo);
    settle();
    Intent request = shadowOf(screen).getNextStartedActivityForResult().intent;
    File captured = CaptureProvider.file(app());
    Files.write(captured.toPath(), drawn("portrait2.jpg"));
    shadowOf(screen).receiveResult(request, PhotosActivity.RESULT_CANCELED, new Intent());
    settle();
    assertFalse(captured.exists());
    assertEquals(0, grid(screen).getCount());
  }

  @Test
  public void whatAnEarlierCameraLeftIsNotTakenForANewPhoto() throws IOException {
    File captured = CaptureProvider.file(app());
    Files.write(captured.toPath(), drawn("portrait2.jpg"));
    PhotosActivity screen = open(PhotosActivity.class).get();
    shadowOf(screen).clickMenuItem(R.id.take_photo);
    settle();
    assertFalse("before the camera is asked", captured.exists());
    finishRequest(screen, shadowOf(screen).getNextStartedActivityForResult().intent, new Intent());
    assertEquals(0, grid(screen).getCount());
    assertEquals(screen.getString(R.string.error_photo_gone), text(screen, R.id.notice));
  }

  @Test
  public void aPhotoOfTheGridOpensItsScreen() throws IOException {
    String id = addPhoto("portrait0.jpg").id();
    PhotosActivity screen = open(PhotosActivity.class).get();
    grid(screen).performItemClick(null, 0, 0);
    Intent opened = shadowOf(screen).getNextStartedActivity();
    assertEquals(new ComponentName(screen, PhotoActivity.class), opened.getComponent());
    assertEquals(id, opened.getStringExtra(PhotoActivity.PHOTO));
  }

  @Test
  public void theStripSaysWhatIsKeptWaitsAndWasRefusedAndWhichReleaseAnswers() {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.SELF_TEST_FAILED))
        .withLast(SyncResult.sent(12, 1_793_000_000L), SyncResult.installed(7, 1_793_000_000L));
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals("Release 7, in use since Oct 26, 2026", text(screen, R.id.release));
    assertEquals("Right in 94% of cases, measured on 412 faces that it had not learned from",
        text(screen, R.id.measured));
    assertEquals("31 kept · 12 waiting · 190 sent", text(screen, R.id.samples));
    assertEquals("2 were refused. " + screen.getString(R.string.problem_self_test), text(screen, R.id.refusals));
    assertEquals("Sent 12 answers, Oct 26, 2026.\nRelease 7 was installed, Oct 26, 2026.",
        text(screen, R.id.last));
  }

  @Test
  public void whatWasRefusedIsSentAgain() {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.TOO_LARGE));
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.retry);
    settle();
    assertEquals(Arrays.asList("retry refused", "push"), learner().asked);
  }

  @Test
  public void whereOnlyAnotherVersionOfTheAppHelpsNothingIsOfferedToBeSentAgain() {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.SELF_TEST_FAILED));
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals("2 were refused. " + screen.getString(R.string.problem_self_test), text(screen, R.id.refusals));
    assertFalse(isShown(screen, R.id.retry));
  }

  @Test
  public void withoutConsentOrRefusalsNothingIsOfferedToBeSentAgain() {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.TOO_LARGE))
        .withGroup(ScriptedLearner.GROUP, false);
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertFalse(isShown(screen, R.id.retry));
    learner().status = new Status(new Samples(1, 1, 0, 0), new Release(0, null, null, 0))
        .withGroup(ScriptedLearner.GROUP, true);
    session().refresh();
    settle();
    assertFalse(isShown(screen, R.id.retry));
  }

  @Test
  public void whatWasDamagedIsSaidUntilItWasRead() {
    learner().status = ScriptedLearner.member();
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals("", text(screen, R.id.damaged));
    learner().status = ScriptedLearner.member().withDamage(true);
    session().refresh();
    settle();
    assertEquals("What had been taught on this phone was damaged. What was not sent of it is lost.",
        text(screen, R.id.damaged));
    press(screen, R.id.damage_read);
    settle();
    assertEquals("", text(screen, R.id.damaged));
    assertFalse(isShown(screen, R.id.damage_read));
  }

  @Test
  public void damageWhoseReadingCannotBeKeptIsSaidFurtherOn() {
    learner().status = ScriptedLearner.member().withDamage(true);
    PhotosActivity screen = open(PhotosActivity.class).get();
    learner().failure = new IOException("full");
    press(screen, R.id.damage_read);
    settle();
    assertTrue(isShown(screen, R.id.damage_read));
    assertTrue(isShown(screen, R.id.damaged));
  }

  @Test
  @Config(qualifiers = "de")
  public void inGermanWhatWasRefusedIsSentAgainAndDamageIsSaidToo() {
    learner().status = ScriptedLearner.member().withRefusals(Arrays.asList(Problem.TOO_LARGE)).withDamage(true);
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals("Abgelehntes noch einmal senden", text(screen, R.id.retry));
    assertEquals("Was auf diesem Telefon beigebracht worden war, war beschädigt. "
        + "Was davon nicht gesendet war, ist verloren.", text(screen, R.id.damaged));
    assertEquals("Verstanden", text(screen, R.id.damage_read));
  }

  @Test
  public void theFirstModelIsNotCalledARelease() {
    learner().status = new Status(new Samples(0, 0, 0, 0), new Release(0, null, null, 0));
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals(screen.getString(R.string.release_first), text(screen, R.id.release));
    assertEquals(screen.getString(R.string.not_measured), text(screen, R.id.measured));
    assertEquals(screen.getString(R.string.no_samples), text(screen, R.id.samples));
  }

  @Test
  public void aPushShowsItsProgressAndThenTheStateThatItLeft() {
    learner().status = ScriptedLearner.member();
    learner().gate = new CountDownLatch(1);
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.push);
    ProgressBar bar = screen.findViewById(R.id.progress);
    await(() -> bar.getProgress() == 250);
    assertEquals(screen.getString(R.string.pushing), text(screen, R.id.running_text));
    assertFalse(isShown(screen, R.id.push));
    learner().status = ScriptedLearner.member().withLast(SyncResult.sent(12, 1_793_000_000L), null);
    learner().gate.countDown();
    settle();
    assertFalse(isShown(screen, R.id.progress));
    assertEquals("Sent 12 answers, Oct 26, 2026.", text(screen, R.id.last));
  }

  @Test
  public void whatRunsGoesOnAndIsShownWhenTheScreenIsTurned() {
    learner().status = ScriptedLearner.member();
    learner().gate = new CountDownLatch(1);
    ActivityController<PhotosActivity> controller = open(PhotosActivity.class);
    press(controller.get(), R.id.push);
    await(() -> learner().asked.contains("push"));
    controller.recreate();
    PhotosActivity turned = controller.get();
    assertTrue(isShown(turned, R.id.progress));
    learner().gate.countDown();
    settle();
    assertFalse(isShown(turned, R.id.progress));
    assertEquals(1, learner().asked.stream().filter("push"::equals).count());
  }

  @Test
  public void whatRunsCanBeStopped() {
    learner().status = ScriptedLearner.member();
    learner().gate = new CountDownLatch(1);
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.pull);
    await(() -> learner().asked.contains("pull"));
    press(screen, R.id.stop);
    settle();
    assertFalse(isShown(screen, R.id.progress));
    assertEquals("Updating was stopped: It goes on the next time.", text(screen, R.id.trouble));
  }

  @Test
  public void aPullThatFailsSaysWhyInASentence() {
    learner().status = ScriptedLearner.member();
    PhotosActivity screen = open(PhotosActivity.class).get();
    learner().failure = new UnreachableException("refused", new IOException());
    press(screen, R.id.pull);
    settle();
    assertEquals("Updating failed: " + screen.getString(R.string.error_unreachable), text(screen, R.id.trouble));
  }

  /** The one that failed first was forgotten when the other one began. */
  @Test
  public void aPushAndAPullThatFailForOneReasonAreSaidInOneSentence() {
    learner().status = ScriptedLearner.member();
    PhotosActivity screen = open(PhotosActivity.class).get();
    learner().failure = new UnreachableException("refused", new IOException());
    press(screen, R.id.pull);
    settle();
    press(screen, R.id.push);
    settle();
    assertEquals("Sending and updating failed: " + screen.getString(R.string.error_unreachable),
        text(screen, R.id.trouble));
    learner().failure = null;
    press(screen, R.id.pull);
    settle();
    assertEquals("Sending failed: " + screen.getString(R.string.error_unreachable), text(screen, R.id.trouble));
  }

  @Test
  public void aPushThatFailsIsSaidOnce() throws Exception {
    long now = System.currentTimeMillis() / 1000;
    learner().status = ScriptedLearner.member()
        .withLast(SyncResult.failed(new PastFailure(Trouble.TRY_LATER), now), SyncResult.current(1_793_000_000L));
    PhotosActivity screen = open(PhotosActivity.class).get();
    String kept = text(screen, R.id.last);
    assertTrue(kept, kept.contains("could not be reached, or asked for patience"));
    learner().failure = new UnreachableException("refused", new IOException());
    press(screen, R.id.push);
    settle();
    assertEquals("Sending failed: " + screen.getString(R.string.error_unreachable), text(screen, R.id.trouble));
    assertEquals("No newer release, Oct 26, 2026.", text(screen, R.id.last));
    learner().status = ScriptedLearner.member().withLast(SyncResult.sent(12, now + 3600), null);
    session().refresh();
    settle();
    assertTrue("a later one, as of a job", text(screen, R.id.last).startsWith("Sent 12 answers"));
    assertEquals("", text(screen, R.id.trouble));
  }

  @Test
  public void whatWasSentBeforeIsNotSaidBesideWhatIsBeingSent() {
    learner().status = ScriptedLearner.member()
        .withLast(SyncResult.sent(12, 1_793_000_000L), SyncResult.current(1_793_000_000L));
    learner().gate = new CountDownLatch(1);
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.push);
    assertEquals("No newer release, Oct 26, 2026.", text(screen, R.id.last));
    learner().gate.countDown();
  }

  @Test
  public void nothingIsPushedBeforeTheUserAgreed() {
    learner().status = ScriptedLearner.member().withGroup(ScriptedLearner.GROUP, false);
    PhotosActivity screen = open(PhotosActivity.class).get();
    press(screen, R.id.push);
    settle();
    Intent asked = shadowOf(screen).getNextStartedActivityForResult().intent;
    assertEquals(new ComponentName(screen, ConsentActivity.class), asked.getComponent());
    session().push();
    settle();
    assertFalse(learner().asked.contains("push"));
    learner().status = ScriptedLearner.member();
    session().refresh();
    settle();
    finishRequest(screen, asked, new Intent());
    assertTrue("as it was asked for", learner().asked.contains("push"));
  }

  @Test
  public void withoutAGroupTheButtonLeadsToJoiningOne() {
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals(screen.getString(R.string.enrol_title), text(screen, R.id.push));
    assertFalse(isShown(screen, R.id.pull));
    press(screen, R.id.push);
    assertEquals(new ComponentName(screen, EnrolActivity.class),
        shadowOf(screen).getNextStartedActivity().getComponent());
  }

  @Test
  @Config(application = FedexApplication.class)
  public void anAppWithoutAModelSaysSoAndStillShowsPhotos() throws IOException {
    addPhoto("portrait0.jpg");
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals(screen.getString(R.string.error_no_model), text(screen, R.id.notice));
    assertEquals(1, grid(screen).getCount());
    assertFalse(isShown(screen, R.id.strip));
  }

  @Test
  public void itCannotBeRecordedUntilItIsKnownThatTheUserDoesNotMind() {
    int secure = WindowManager.LayoutParams.FLAG_SECURE;
    learner().choices = learner().choices.with(Choice.SECURE, true);
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertEquals(secure, screen.getWindow().getAttributes().flags & secure);
    session().choose(learner().choices.with(Choice.SECURE, false));
    settle();
    assertEquals(0, screen.getWindow().getAttributes().flags & secure);
  }

  @Test
  @Config(application = FedexApplication.class)
  public void norWhereThatCannotBeFoundOut() {
    int secure = WindowManager.LayoutParams.FLAG_SECURE;
    PhotosActivity screen = open(PhotosActivity.class).get();
    assertNotNull(session().failure());
    assertEquals(secure, screen.getWindow().getAttributes().flags & secure);
  }

  @Test
  public void smallPicturesComeIntoTheGrid() throws IOException {
    addPhoto("portrait0.jpg");
    PhotosActivity screen = open(PhotosActivity.class).get();
    android.widget.ImageView picture = (android.widget.ImageView) grid(screen).getChildAt(0);
    assertNotNull(picture.getDrawable());
    assertEquals("Photo 1 of 1", picture.getContentDescription());
    session().photos().remove(session().photos().list().get(0));
    settle();
    assertNull(grid(screen).getChildAt(0));
  }
}
