package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.ComponentName;
import android.content.Intent;
import android.widget.CompoundButton;
import fedexapp.learner.Choice;
import fedexclient.contract.Strictness;
import java.io.IOException;
import org.junit.Test;

public class SettingsActivityTest extends ScreenTestCase {
  private static boolean isChecked(SettingsActivity screen, int id) {
    CompoundButton button = screen.findViewById(id);
    return button.isChecked();
  }

  @Test
  public void whatIsSetIsShown() {
    learner().choices = learner().choices.with(Strictness.STRICT).with(Choice.IDLE, false);
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertTrue(isChecked(screen, R.id.strict));
    assertTrue(isChecked(screen, R.id.charging));
    assertFalse(isChecked(screen, R.id.idle));
    assertFalse(isChecked(screen, R.id.secure));
  }

  @Test
  public void whatIsPressedIsSet() {
    SettingsActivity screen = open(SettingsActivity.class).get();
    press(screen, R.id.friendly);
    press(screen, R.id.unmetered);
    press(screen, R.id.secure);
    settle();
    assertEquals(Strictness.FRIENDLY, learner().choices.strictness());
    assertFalse(learner().choices.has(Choice.UNMETERED));
    assertTrue(learner().choices.has(Choice.SECURE));
    assertTrue(learner().choices.has(Choice.CHARGING));
  }

  @Test
  public void whatCannotBeKeptIsSetBackAndSaid() {
    SettingsActivity screen = open(SettingsActivity.class).get();
    learner().failure = new IOException("full");
    press(screen, R.id.secure);
    settle();
    assertFalse(isChecked(screen, R.id.secure));
    assertEquals(screen.getString(R.string.error_storage), text(screen, R.id.trouble));
  }

  @Test
  public void theGroupAndTheConsentAreSaid() {
    learner().status = ScriptedLearner.member();
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertEquals("kitchen, at https://fedex.example.org", text(screen, R.id.membership));
    assertEquals(screen.getString(R.string.consent_given), text(screen, R.id.consent_text));
  }

  @Test
  public void fromHereAGroupIsJoinedConsentGivenAndAllForgotten() {
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertOpens(screen, R.id.enrol, EnrolActivity.class);
    assertOpens(screen, R.id.consent, ConsentActivity.class);
    assertOpens(screen, R.id.forget, ForgetActivity.class);
  }

  @Test
  public void anErasureThatTheServiceMissedIsSaidUntilItIsAsked() {
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertEquals("", text(screen, R.id.erasure_missed));
    learner().status = ScriptedLearner.member().withMissedErasure(true);
    session().refresh();
    settle();
    assertEquals(screen.getString(R.string.erasure_missed), text(screen, R.id.erasure_missed));
    ForgetActivity asked = open(ForgetActivity.class).get();
    assertEquals(asked.getString(R.string.forget_half_done), text(asked, R.id.text));
    press(asked, R.id.yes);
    settle();
    assertEquals("", text(screen, R.id.erasure_missed));
  }

  @Test
  public void consentIsWithdrawnAlsoWhereNobodyCanTellHowItStands() {
    learner().unknown = new IOException("unreadable");
    SettingsActivity screen = open(SettingsActivity.class).get();
    assertEquals(screen.getString(R.string.consent_unknown), text(screen, R.id.consent_text));
    assertOpens(screen, R.id.consent, ConsentActivity.class);
    assertOpens(screen, R.id.forget, ForgetActivity.class);
    ConsentActivity asked = open(ConsentActivity.class).get();
    assertEquals(asked.getString(R.string.consent_withdraw), text(asked, R.id.yes));
    press(asked, R.id.yes);
    settle();
    assertTrue(learner().asked.contains("consent false"));
    assertTrue("as it was withdrawn", asked.isFinishing());
    assertEquals(ConsentActivity.RESULT_CANCELED, shadowOf(asked).getResultCode());
  }

  @Test
  public void consentThatWasKnownIsNotShownAsGivenWhereItWasWithdrawnUnseen() {
    learner().status = ScriptedLearner.member();
    ConsentActivity screen = open(ConsentActivity.class).get();
    learner().unknown = new IOException("unreadable");
    press(screen, R.id.yes);
    settle();
    assertTrue(screen.isFinishing());
    assertEquals(ConsentActivity.RESULT_CANCELED, shadowOf(screen).getResultCode());
  }

  private static void assertOpens(SettingsActivity screen, int button, Class<?> opened) {
    press(screen, button);
    Intent intent = shadowOf(screen).getNextStartedActivity();
    assertEquals(new ComponentName(screen, opened), intent.getComponent());
  }
}
