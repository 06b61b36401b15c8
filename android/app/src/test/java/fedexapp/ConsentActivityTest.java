package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.ComponentName;
import android.content.Intent;
import fedexapp.session.Lane;
import fedexclient.service.UnreachableException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Test;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;

public class ConsentActivityTest extends ScreenTestCase {
  @Test
  public void consentIsGiven() {
    ConsentActivity screen = open(ConsentActivity.class).get();
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("consent true"));
    assertEquals(ConsentActivity.RESULT_OK, shadowOf(screen).getResultCode());
    assertTrue(screen.isFinishing());
  }

  @Test
  public void notNowGivesNone() {
    ConsentActivity screen = open(ConsentActivity.class).get();
    press(screen, R.id.no);
    settle();
    assertTrue(learner().asked.isEmpty());
    assertEquals(ConsentActivity.RESULT_CANCELED, shadowOf(screen).getResultCode());
  }

  @Test
  public void consentIsWithdrawnAndWhatIsBeingSentEnds() {
    learner().status = ScriptedLearner.member();
    ConsentActivity screen = open(ConsentActivity.class).get();
    learner().gate = new CountDownLatch(1);
    session().push();
    await(() -> learner().asked.contains("push"));
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("consent false"));
    assertFalse(session().status().hasConsent());
    assertEquals(ConsentActivity.RESULT_CANCELED, shadowOf(screen).getResultCode());
    assertEquals(null, session().sync());
  }

  private static void assertAsksAboutErasure(ForgetActivity screen, String first) {
    String text = text(screen, R.id.text);
    assertTrue(text, text.startsWith(first));
    assertTrue(text, text.endsWith(screen.getString(R.string.forget_text)));
    assertFalse(learner().asked.contains("erase"));
  }

  @Test
  public void whoeverWithdrawsIsAskedWhetherWhatWasSentIsToBeErased() {
    learner().status = ScriptedLearner.member();
    ConsentActivity screen = open(ConsentActivity.class).get();
    press(screen, R.id.yes);
    settle();
    Intent next = shadowOf(screen).getNextStartedActivity();
    assertEquals(new ComponentName(screen, ForgetActivity.class), next.getComponent());
    assertAsksAboutErasure(open(ForgetActivity.class, next).get(), "Your consent is withdrawn. ");
  }

  @Test
  @Config(qualifiers = "de")
  public void whoeverWithdrawsIsAskedInGermanToo() {
    Intent asked = new Intent(app(), ForgetActivity.class).putExtra(ForgetActivity.WITHDREW, true);
    assertAsksAboutErasure(open(ForgetActivity.class, asked).get(), "Deine Einwilligung ist widerrufen. ");
  }

  @Test
  public void whoeverGivesConsentIsAskedNothingMore() {
    ConsentActivity screen = open(ConsentActivity.class).get();
    press(screen, R.id.yes);
    settle();
    assertNull(shadowOf(screen).getNextStartedActivity());
  }

  @Test
  public void whoeverGivesConsentIsNotToldThatItWasWithdrawnWhereNobodyCanTellHowItStands() {
    ConsentActivity screen = open(ConsentActivity.class).get();
    learner().unknown = new IOException("unreadable");
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("consent true"));
    assertEquals(ConsentActivity.RESULT_OK, shadowOf(screen).getResultCode());
    assertNull(shadowOf(screen).getNextStartedActivity());
  }

  @Test
  public void norWhereTheScreenWasTurnedMeanwhile() throws Exception {
    ActivityController<ConsentActivity> controller = open(ConsentActivity.class);
    CountDownLatch isTurned = new CountDownLatch(1);
    session().jobs().run(Lane.READING, () -> isTurned.await(20, TimeUnit.SECONDS), done -> {}, error -> {});
    press(controller.get(), R.id.yes);
    learner().unknown = new IOException("unreadable");
    controller.recreate();
    isTurned.countDown();
    settle();
    assertEquals(ConsentActivity.RESULT_OK, shadowOf(controller.get()).getResultCode());
    assertNull(shadowOf(controller.get()).getNextStartedActivity());
  }

  /** What an upload says of the device: its model and Android, the app, what runs the model, and the self-test. */
  @Test
  public void itIsSaidWhatGoesAlongWithNumbersAndNamesAndWhatNumbersTell() {
    assertSaid(open(ConsentActivity.class).get(), "which phone", "model", "Android", "app", "how exactly",
        "can be recovered from them alone");
  }

  @Test
  @Config(qualifiers = "de")
  public void inGermanToo() {
    assertSaid(open(ConsentActivity.class).get(), "welches Telefon", "Modell", "Android", "App", "wie genau",
        "allein aus ihnen");
  }

  private static void assertSaid(ConsentActivity screen, String... words) {
    for (String word : words) {
      assertTrue(word, text(screen, R.id.text).contains(word));
    }
  }

  @Test
  public void consentThatCannotBeKeptIsNotTakenAsGiven() {
    ConsentActivity screen = open(ConsentActivity.class).get();
    learner().failure = new IOException("full");
    press(screen, R.id.yes);
    settle();
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
    assertFalse(screen.isFinishing());
  }

  @Test
  public void everythingIsErasedAfterBeingAskedOnceMore() {
    learner().status = ScriptedLearner.member();
    ForgetActivity screen = open(ForgetActivity.class).get();
    assertFalse(learner().asked.contains("erase"));
    press(screen, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("erase"));
    assertEquals(0, session().status().samples().kept());
    assertTrue(screen.isFinishing());
  }

  @Test
  public void anErasureThatFailsIsSaidAndMayBeTriedAgain() {
    ForgetActivity screen = open(ForgetActivity.class).get();
    learner().failure = new IOException("full");
    press(screen, R.id.yes);
    settle();
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
    assertEquals(screen.getString(R.string.forget_text), text(screen, R.id.text));
    learner().failure = null;
    press(screen, R.id.yes);
    settle();
    assertTrue(screen.isFinishing());
  }

  @Test
  public void anErasureThatTheServiceMissedIsSaidToBeHalfDoneAndMayBeAskedForAgain() {
    learner().status = ScriptedLearner.member();
    learner().missesErasures = true;
    ForgetActivity screen = open(ForgetActivity.class).get();
    press(screen, R.id.yes);
    settle();
    String text = text(screen, R.id.text);
    assertTrue(text, text.startsWith("All that you taught was erased on this phone, but the group’s service"));
    assertEquals(screen.getString(R.string.error_unreachable), text(screen, R.id.trouble));
    assertEquals("Ask again", text(screen, R.id.yes));
    assertEquals("what is left is seen", 0, session().status().samples().kept());
    learner().missesErasures = false;
    press(screen, R.id.yes);
    settle();
    assertTrue(screen.isFinishing());
  }
}
