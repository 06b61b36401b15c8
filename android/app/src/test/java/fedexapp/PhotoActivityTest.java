package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.AlertDialog;
import android.content.ComponentName;
import android.content.DialogInterface;
import android.content.Intent;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.os.Looper;
import android.view.MotionEvent;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ScrollView;
import android.widget.TextView;
import fedexapp.learner.Release;
import fedexapp.learner.Samples;
import fedexapp.learner.SeenFace;
import fedexapp.learner.Status;
import fedexapp.photo.StoredPhoto;
import fedexapp.session.Lane;
import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.contract.Box;
import fedexclient.keeping.Feedback;
import fedexclient.recognise.Ranked;
import fedexclient.service.UnreachableException;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.Test;
import org.robolectric.Robolectric;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowAlertDialog;

public class PhotoActivityTest extends ScreenTestCase {
  private PhotoActivity openScene() throws IOException {
    return openPhoto(addPhoto("scene.jpg")).get();
  }

  private ActivityController<PhotoActivity> openPhoto(StoredPhoto photo) {
    return open(PhotoActivity.class, photoIntent(photo));
  }

  private static View card(PhotoActivity screen, int face) {
    ViewGroup cards = screen.findViewById(R.id.faces);
    return cards.getChildAt(face);
  }

  private static String said(PhotoActivity screen, int face, int id) {
    TextView view = card(screen, face).findViewById(id);
    return view.isShown() ? view.getText().toString() : "";
  }

  private static void press(PhotoActivity screen, int face, int id) {
    assertTrue(card(screen, face).findViewById(id).isShown());
    card(screen, face).findViewById(id).performClick();
    settle();
  }

  private static void giveName(PhotoActivity screen, String name) {
    Intent asked = shadowOf(screen).getNextStartedActivityForResult().intent;
    assertEquals(new ComponentName(screen, NameActivity.class), asked.getComponent());
    shadowOf(screen).receiveResult(asked, PhotoActivity.RESULT_OK, new Intent().putExtra(NameActivity.LABEL, name));
    settle();
  }

  @Test
  public void everyFaceHasItsNameAndHowSureItIs() throws IOException {
    PhotoActivity screen = openScene();
    assertEquals("3 faces", text(screen, R.id.found));
    assertEquals("Ada Abel", said(screen, 0, R.id.name));
    assertEquals("93% sure", said(screen, 0, R.id.sureness));
    assertEquals("Or Dora Abel (5%), Emil Fuchs (1%)", said(screen, 0, R.id.others));
  }

  private static List<SeenFace> manyFaces() {
    List<SeenFace> faces = new ArrayList<>();
    for (int index = 0; index < 40; index++) {
      Box box = new Box(5 * index, 5 * index, 5 * index + 4, 5 * index + 4);
      faces.add(new SeenFace("i" + index, box, Arrays.asList(new Ranked("Ada " + index, 0.9)), false));
    }
    return faces;
  }

  /** Shows the next of what is to be shown, and tells how many cards that added. */
  private static int cardsOfOneTask(ViewGroup cards) {
    int before = cards.getChildCount();
    shadowOf(Looper.getMainLooper()).runOneTask();
    return cards.getChildCount() - before;
  }

  /** Shows one thing after the other, until there are so many cards; tells how many of them came at once. */
  private static int mostAtOnceUntil(ViewGroup cards, int wanted) {
    int most = 0;
    for (long end = System.currentTimeMillis() + 60_000; cards.getChildCount() < wanted;) {
      assertTrue("in time", System.currentTimeMillis() < end);
      most = Math.max(most, cardsOfOneTask(cards));
    }
    return most;
  }

  private ActivityController<PhotoActivity> openManyBeforeTheyAreFound() throws IOException {
    learner().faces = manyFaces();
    learner().gate = new CountDownLatch(1);
    StoredPhoto photo = addPhoto("scene.jpg");
    ActivityController<PhotoActivity> controller =
        Robolectric.buildActivity(PhotoActivity.class, photoIntent(photo)).setup();
    AtomicBoolean isShown = new AtomicBoolean();
    session().jobs().run(Lane.PHOTOS, () -> photo, done -> isShown.set(true), error -> {});
    await(isShown::get);
    learner().gate.countDown();
    return controller;
  }

  /** All were made at once, and the screen stood still for as long. */
  @Test
  public void ofManyFacesTheCardsAreMadeAFewAtATime() throws IOException {
    PhotoActivity screen = openManyBeforeTheyAreFound().get();
    assertEquals(8, mostAtOnceUntil(screen.findViewById(R.id.faces), 40));
    settle();
    assertEquals("Ada 0", said(screen, 0, R.id.name));
    press(screen, 39, R.id.agree);
    assertTrue(learner().asked.contains("agree i39"));
    assertEquals("You said: Ada 39", said(screen, 39, R.id.sureness));
  }

  @Test
  public void aFaceThatIsTouchedIsScrolledToOnceItsCardIsMadeAndStaysInSightWhenTheScreenIsTurned()
      throws IOException {
    ActivityController<PhotoActivity> controller = openManyBeforeTheyAreFound();
    PhotoActivity screen = controller.get();
    ViewGroup cards = screen.findViewById(R.id.faces);
    mostAtOnceUntil(cards, 1);
    touch(screen, 152, 152);
    assertTrue(cards.getChildCount() <= 30);
    assertScrolledTo(screen, 30);
    controller.recreate();
    assertScrolledTo(controller.get(), 30);
  }

  private static void assertScrolledTo(PhotoActivity screen, int face) {
    settle();
    ScrollView scroll = screen.findViewById(R.id.scroll);
    shadowOf(Looper.getMainLooper()).idleFor(2, TimeUnit.SECONDS);
    scroll.computeScroll();
    View cards = screen.findViewById(R.id.faces);
    assertEquals(cards.getTop() + card(screen, face).getTop(), scroll.getScrollY());
  }

  /** Touches a place of the scene, in its pixels. */
  private static void touch(PhotoActivity screen, int x, int y) {
    FacesView picture = screen.findViewById(R.id.picture);
    int width = picture.getWidth();
    int height = picture.getHeight();
    picture.draw(new Canvas(Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)));
    float scale = Math.min(width / 640f, height / 480f);
    picture.dispatchTouchEvent(MotionEvent.obtain(0, 0, MotionEvent.ACTION_UP, (width - 640 * scale) / 2 + x * scale,
        (height - 480 * scale) / 2 + y * scale, 0));
  }

  @Test
  public void aFaceThatIsNotKnownIsNotCalledByTheBestGuess() throws IOException {
    PhotoActivity screen = openScene();
    assertEquals("Not known", said(screen, 1, R.id.name));
    assertEquals("Perhaps Ben Baker, 41% sure", said(screen, 1, R.id.sureness));
    assertFalse("nothing to agree to", card(screen, 1).findViewById(R.id.agree).isShown());
  }

  @Test
  public void aNameThatIsWrittenTheOtherWayKeepsItsSentenceInOrder() throws IOException {
    learner().faces = Arrays.asList(new SeenFace("i1", null, Arrays.asList(new Ranked("דנה", 0.3)), true));
    assertEquals("Perhaps \u200e\u202bדנה\u202c\u200e, 30% sure", said(openScene(), 0, R.id.sureness));
  }

  @Test
  public void anAnswerIsAgreedTo() throws IOException {
    PhotoActivity screen = openScene();
    press(screen, 0, R.id.agree);
    assertTrue(learner().asked.contains("agree i1"));
    assertEquals("You said: Ada Abel", said(screen, 0, R.id.sureness));
    assertFalse("once", card(screen, 0).findViewById(R.id.agree).isShown());
  }

  @Test
  public void anAnswerIsCorrectedAndCorrectedAgain() throws IOException {
    PhotoActivity screen = openScene();
    press(screen, 1, R.id.correct);
    giveName(screen, "Emil Fuchs");
    assertEquals("Emil Fuchs", said(screen, 1, R.id.name));
    press(screen, 1, R.id.correct);
    giveName(screen, "Ben Baker");
    assertEquals("Ben Baker", said(screen, 1, R.id.name));
    assertTrue(learner().asked.contains("correct i2 Emil Fuchs"));
    assertTrue(learner().asked.contains("correct i2 Ben Baker"));
  }

  @Test
  public void whoWasAskedAboutIsRememberedWhenTheScreenIsTurnedMeanwhile() throws IOException {
    ActivityController<PhotoActivity> controller = openPhoto(addPhoto("scene.jpg"));
    press(controller.get(), 2, R.id.correct);
    Intent asked = shadowOf(controller.get()).getNextStartedActivityForResult().intent;
    controller.recreate();
    settle();
    PhotoActivity turned = controller.get();
    turned.onActivityResult(1, PhotoActivity.RESULT_OK, new Intent().putExtra(NameActivity.LABEL, "Dora Abel"));
    settle();
    assertEquals(new ComponentName(turned, NameActivity.class), asked.getComponent());
    assertEquals("Dora Abel", said(turned, 2, R.id.name));
    assertEquals("recognised once", 1, learner().asked.stream().filter("recognise"::equals).count());
  }

  @Test
  public void aNameThatComesAfterThePhotoWasRecognisedAnewIsStillTakenDown() throws IOException {
    StoredPhoto photo = addPhoto("scene.jpg");
    PhotoActivity screen = openPhoto(photo).get();
    press(screen, 2, R.id.correct);
    learner().faces = Collections.emptyList();
    session().recognitions().begin(photo);
    giveName(screen, "Dora Abel");
    assertTrue(learner().asked.contains("correct i3 Dora Abel"));
  }

  @Test
  public void recognisingThatTakesLongKeepsTheScreenAliveAndSaysThatItRuns() throws IOException {
    learner().gate = new CountDownLatch(1);
    StoredPhoto photo = addPhoto("scene.jpg");
    ActivityController<PhotoActivity> controller = org.robolectric.Robolectric.buildActivity(PhotoActivity.class,
        photoIntent(photo)).setup();
    await(() -> learner().asked.contains("recognise"));
    assertTrue(isShown(controller.get(), R.id.recognising));
    learner().gate.countDown();
    settle();
    assertFalse(isShown(controller.get(), R.id.recognising));
    assertEquals("3 faces", text(controller.get(), R.id.found));
    controller.close();
  }

  @Test
  public void aPhotoWithoutFacesIsSaidToHaveNone() throws IOException {
    learner().faces = Collections.emptyList();
    assertEquals("No face was found in this photo.", text(openScene(), R.id.found));
  }

  @Test
  public void whatFailsIsSaidAndCanBeTriedAgain() throws IOException {
    learner().failure = new java.io.IOException("no");
    PhotoActivity screen = openScene();
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
    learner().failure = null;
    press(screen, R.id.again);
    settle();
    assertEquals("3 faces", text(screen, R.id.found));
    assertEquals("", text(screen, R.id.trouble));
  }

  @Test
  public void aPhotoThatMemoryDoesNotSufficeForIsSaidSoAndCanBeRemoved() throws IOException {
    learner().isShortOfMemory = true;
    PhotoActivity screen = openScene();
    assertEquals(screen.getString(R.string.error_memory), text(screen, R.id.trouble));
    shadowOf(screen).clickMenuItem(R.id.remove_photo);
    answer(DialogInterface.BUTTON_POSITIVE);
    assertTrue(session().photos().list().isEmpty());
  }

  private static AlertDialog question() {
    return ShadowAlertDialog.getLatestAlertDialog();
  }

  private static void answer(int button) {
    question().getButton(button).performClick();
    settle();
  }

  /** What a cache throws for an answer that it does not have. */
  private static Exception noInference() throws Exception {
    try (Cache cache = Cache.open(new File(app().getNoBackupFilesDir(), "empty.sqlite3"), 10)) {
      return assertThrows(CacheException.class, () -> new Feedback(cache, "", () -> 0L).agree(7));
    }
  }

  @Test
  public void anAnswerThatIsKeptNoMoreIsRecognisedAnewWhenThePhotoIsOpenedAgain() throws Exception {
    StoredPhoto photo = addPhoto("scene.jpg");
    ActivityController<PhotoActivity> controller = openPhoto(photo);
    learner().failure = noInference();
    press(controller.get(), 0, R.id.agree);
    assertEquals(controller.get().getString(R.string.error_no_inference), text(controller.get(), R.id.trouble));
    controller.recreate();
    settle();
    assertEquals("also when it was turned", controller.get().getString(R.string.error_no_inference),
        text(controller.get(), R.id.trouble));
    controller.close();
    learner().failure = null;
    PhotoActivity screen = openPhoto(photo).get();
    assertEquals("", text(screen, R.id.trouble));
    press(screen, 0, R.id.agree);
    assertEquals("You said: Ada Abel", said(screen, 0, R.id.sureness));
    assertEquals(2, learner().asked.stream().filter("recognise"::equals).count());
  }

  @Test
  public void whatCouldNotBeKeptCanBeTriedAgainWhereItIsSaid() throws IOException {
    PhotoActivity screen = openScene();
    learner().failure = new java.io.IOException("full");
    press(screen, 0, R.id.agree);
    learner().failure = null;
    press(screen, R.id.again);
    settle();
    assertEquals("", text(screen, R.id.trouble));
    assertEquals(2, learner().asked.stream().filter("recognise"::equals).count());
  }

  @Test
  public void whatIsSaidDoesNotWaitForPhotosThatAreBeingRecognised() throws IOException {
    StoredPhoto other = addPhoto("portrait0.jpg");
    PhotoActivity screen = openScene();
    learner().gate = new CountDownLatch(1);
    ActivityController<PhotoActivity> busy = Robolectric.buildActivity(PhotoActivity.class, photoIntent(other)).setup();
    await(() -> learner().asked.stream().filter("recognise"::equals).count() == 2);
    card(screen, 0).findViewById(R.id.agree).performClick();
    assertEquals("at once", "You said: Ada Abel", said(screen, 0, R.id.sureness));
    await(() -> learner().asked.contains("agree i1"));
    learner().gate.countDown();
    settle();
    assertEquals("You said: Ada Abel", said(screen, 0, R.id.sureness));
    busy.close();
  }

  @Test
  public void aPhotoThatIsShownNoMoreIsNotRecognisedBeforeItIsShownAgain() throws IOException {
    StoredPhoto first = addPhoto("portrait0.jpg");
    StoredPhoto second = addPhoto("portrait1.jpg");
    learner().gate = new CountDownLatch(1);
    ActivityController<PhotoActivity> busy = Robolectric.buildActivity(PhotoActivity.class, photoIntent(first)).setup();
    await(() -> learner().asked.contains("recognise"));
    Robolectric.buildActivity(PhotoActivity.class, photoIntent(second)).setup().close();
    learner().gate.countDown();
    settle();
    assertEquals(Arrays.asList("recognise"), learner().asked);
    assertEquals("3 faces", text(openPhoto(second).get(), R.id.found));
    busy.close();
  }

  @Test
  public void aPhotoThatIsShownAgainBeforeItsTurnIsRecognisedOnce() throws IOException {
    StoredPhoto photo = addPhoto("portrait0.jpg");
    ActivityController<PhotoActivity> busy = openPhoto(addPhoto("portrait1.jpg"));
    CountDownLatch isTurned = new CountDownLatch(1);
    session().jobs().run(Lane.LEARNING, () -> isTurned.await(20, TimeUnit.SECONDS), done -> {}, error -> {});
    ActivityController<PhotoActivity> turned =
        Robolectric.buildActivity(PhotoActivity.class, photoIntent(photo)).setup();
    turned.recreate();
    isTurned.countDown();
    settle();
    assertEquals("3 faces", text(turned.get(), R.id.found));
    assertEquals(Arrays.asList("recognise", "recognise"), learner().asked);
    turned.close();
    busy.close();
  }

  @Test
  public void anErasureThatTheServiceMissesStillForgetsWhatWasRecognised() throws IOException {
    StoredPhoto photo = addPhoto("scene.jpg");
    openPhoto(photo).close();
    learner().failure = new UnreachableException("no", new IOException());
    session().erase();
    settle();
    learner().failure = null;
    openPhoto(photo);
    assertEquals(2, learner().asked.stream().filter("recognise"::equals).count());
  }

  @Test
  public void anAgreementThatCannotBeKeptIsSaidAndNotShownAsKept() throws IOException {
    PhotoActivity screen = openScene();
    learner().failure = new java.io.IOException("full");
    press(screen, 0, R.id.agree);
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
    assertEquals("93% sure", said(screen, 0, R.id.sureness));
  }

  @Test
  public void ofAnAnswerThatCouldNotBeKeptItIsSaidWhy() throws IOException {
    SeenFace face = ScriptedLearner.threeFaces().get(0);
    learner().faces = Arrays.asList(face.notKept(new IOException("full")));
    PhotoActivity screen = openScene();
    press(screen, 0, R.id.agree);
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
    press(screen, 0, R.id.correct);
    giveName(screen, "Emil Fuchs");
    assertEquals("93% sure", said(screen, 0, R.id.sureness));
    assertEquals(Arrays.asList("recognise"), learner().asked);
  }

  @Test
  public void anotherReleaseRecognisesAnew() throws IOException {
    StoredPhoto photo = addPhoto("scene.jpg");
    openPhoto(photo).close();
    learner().status = new Status(new Samples(0, 0, 0, 0), new Release(8, null, null, 0));
    session().refresh();
    settle();
    openPhoto(photo);
    assertEquals(2, learner().asked.stream().filter("recognise"::equals).count());
  }

  @Test
  public void theAppsCopyIsRemoved() throws IOException {
    PhotoActivity screen = openScene();
    shadowOf(screen).clickMenuItem(R.id.remove_photo);
    settle();
    assertEquals("nothing goes unasked", 1, session().photos().list().size());
    assertTrue(question().isShowing());
    assertTrue(messageOf(question()).contains("What you taught with it stays"));
    answer(DialogInterface.BUTTON_POSITIVE);
    assertTrue(screen.isFinishing());
    assertTrue(session().photos().list().isEmpty());
  }

  private static String messageOf(AlertDialog dialog) {
    TextView message = dialog.findViewById(android.R.id.message);
    return message.getText().toString();
  }

  @Test
  public void aPhotoThatIsNotToBeRemovedStays() throws IOException {
    PhotoActivity screen = openScene();
    shadowOf(screen).clickMenuItem(R.id.remove_photo);
    answer(DialogInterface.BUTTON_NEGATIVE);
    assertFalse(question().isShowing());
    assertFalse(screen.isFinishing());
    assertEquals(1, session().photos().list().size());
  }

  @Test
  public void whetherThePhotoIsToBeRemovedIsAskedStillWhenTheScreenIsTurned() throws IOException {
    ActivityController<PhotoActivity> controller = openPhoto(addPhoto("scene.jpg"));
    shadowOf(controller.get()).clickMenuItem(R.id.remove_photo);
    AlertDialog before = question();
    controller.recreate();
    settle();
    assertFalse(before.isShowing());
    assertTrue(question().isShowing());
    answer(DialogInterface.BUTTON_POSITIVE);
    assertTrue(controller.get().isFinishing());
    assertTrue(session().photos().list().isEmpty());
  }

  @Test
  @Config(qualifiers = "de")
  public void inGermanItIsAskedToo() throws IOException {
    shadowOf(openScene()).clickMenuItem(R.id.remove_photo);
    assertTrue(messageOf(question()).contains("Was du damit beigebracht hast, bleibt"));
    assertEquals("Entfernen", question().getButton(DialogInterface.BUTTON_POSITIVE).getText());
    assertEquals("Behalten", question().getButton(DialogInterface.BUTTON_NEGATIVE).getText());
  }

  @Test
  public void aPhotoThatIsGoneLeavesTheScreen() throws IOException {
    StoredPhoto photo = addPhoto("scene.jpg");
    session().photos().remove(photo);
    settle();
    assertTrue(openPhoto(photo).get().isFinishing());
  }
}
