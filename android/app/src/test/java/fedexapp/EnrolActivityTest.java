package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Intent;
import android.net.Uri;
import fedexclient.service.UnreachableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.Test;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;

public class EnrolActivityTest extends ScreenTestCase {
  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final String LINK =
      "fedex://enrol?v=1&url=https%3A%2F%2Ffedex.example.org%2Fa%27b&code=kitchen-42&key=" + KEY;
  private static final String ASKED = "enrol https://fedex.example.org/a'b kitchen-42 " + KEY;

  private EnrolActivity openLink(String link) {
    Intent intent = new Intent(Intent.ACTION_VIEW, Uri.parse(link)).setClass(app(), EnrolActivity.class);
    return open(EnrolActivity.class, intent).get();
  }

  @Test
  public void aLinkShowsWhereItLeadsAndJoinsNothingByItself() {
    EnrolActivity screen = openLink(LINK);
    assertEquals(screen.getString(R.string.enrol_leads_to, "https://fedex.example.org/a'b", KEY),
        text(screen, R.id.leads_to));
    assertTrue(learner().asked.isEmpty());
    press(screen, R.id.join);
    settle();
    assertTrue(learner().asked.contains(ASKED));
    assertTrue(screen.isFinishing());
  }

  @Test
  public void whoeverIsOfAGroupIsToldBeforeItIsLeft() {
    learner().status = ScriptedLearner.member();
    EnrolActivity screen = openLink(LINK);
    String text = text(screen, R.id.leads_to);
    assertTrue(text, text.contains("This phone is in the group kitchen, at https://fedex.example.org."));
    assertTrue(text, text.endsWith("are not sent to the other one."));
    assertTrue(learner().asked.isEmpty());
  }

  @Test
  @Config(qualifiers = "de")
  public void inGermanToo() {
    learner().status = ScriptedLearner.member();
    String text = text(openLink(LINK), R.id.leads_to);
    assertTrue(text, text.contains("Dieses Telefon gehört zur Gruppe kitchen bei https://fedex.example.org."));
  }

  @Test
  public void aLinkThatIsTooLongIsLeftOut() {
    EnrolActivity screen = openLink(LINK + "0".repeat(3_000));
    assertEquals("", text(screen, R.id.invitation));
  }

  @Test
  public void anInvitationIsPasted() {
    EnrolActivity screen = open(EnrolActivity.class).get();
    app().getSystemService(ClipboardManager.class).setPrimaryClip(ClipData.newPlainText("", LINK + "\n"));
    press(screen, R.id.paste);
    press(screen, R.id.join);
    settle();
    assertTrue(learner().asked.contains(ASKED));
  }

  private static String pasted(EnrolActivity screen, ClipData clip) {
    app().getSystemService(ClipboardManager.class).setPrimaryClip(clip);
    press(screen, R.id.paste);
    return text(screen, R.id.invitation);
  }

  @Test
  public void whatIsPastedIsBoundedAndStaysTooLong() {
    EnrolActivity screen = open(EnrolActivity.class).get();
    assertEquals(2049, pasted(screen, ClipData.newPlainText("", LINK + "0".repeat(5_000_000))).length());
    press(screen, R.id.join);
    assertEquals(screen.getString(R.string.error_invitation), text(screen, R.id.trouble));
  }

  @Test
  public void noOtherAppIsAskedForWhatIsPasted() {
    EnrolActivity screen = open(EnrolActivity.class).get();
    Uri uri = Uri.parse("content://elsewhere/text");
    boolean[] wasAsked = new boolean[1];
    shadowOf(app().getContentResolver()).registerInputStreamSupplier(uri, () -> {
      wasAsked[0] = true;
      return new ByteArrayInputStream(LINK.getBytes(StandardCharsets.UTF_8));
    });
    assertEquals("", pasted(screen, ClipData.newRawUri("", uri)));
    assertFalse(wasAsked[0]);
  }

  @Test
  public void itsPartsAreTypedAndTheFingerprintAsPeopleWriteIt() {
    EnrolActivity screen = open(EnrolActivity.class).get();
    type(screen, R.id.url, " https://fedex.example.org/a'b ");
    type(screen, R.id.code, "kitchen-42");
    type(screen, R.id.fingerprint, "0123 4567 89AB CDEF 0123 4567 89ab cdef");
    press(screen, R.id.join);
    settle();
    assertTrue(learner().asked.contains(ASKED));
  }

  @Test
  public void whatIsNoInvitationIsRefusedInASentenceUntilSomethingElseIsTyped() {
    EnrolActivity screen = open(EnrolActivity.class).get();
    type(screen, R.id.invitation, "https://elsewhere.example.org");
    press(screen, R.id.join);
    assertEquals(screen.getString(R.string.error_invitation), text(screen, R.id.trouble));
    type(screen, R.id.invitation, LINK);
    assertEquals("", text(screen, R.id.trouble));
    assertTrue(learner().asked.isEmpty());
  }

  @Test
  public void whyItCouldNotJoinIsSaidAlsoAfterTheScreenWasTurned() {
    ActivityController<EnrolActivity> controller = open(EnrolActivity.class);
    learner().failure = new UnreachableException("no", new IOException());
    type(controller.get(), R.id.invitation, LINK);
    press(controller.get(), R.id.join);
    settle();
    controller.recreate();
    settle();
    EnrolActivity turned = controller.get();
    assertEquals(turned.getString(R.string.error_unreachable), text(turned, R.id.trouble));
    assertEquals(LINK, text(turned, R.id.invitation));
    assertFalse(turned.isFinishing());
  }
}
