package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import android.content.res.Resources;
import fedexapp.learner.PastFailure;
import fedexapp.learner.SyncResult;
import fedexclient.Trouble;
import fedexclient.service.StoppedException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.Test;

public class EndingsTest extends ScreenTestCase {
  private static final long OCTOBER = 1_793_000_000L;
  private static final long NOVEMBER = OCTOBER + 10 * 86_400;
  private static final SyncResult LATER = failed(Trouble.TRY_LATER, OCTOBER);

  private static SyncResult failed(Trouble trouble, long at) {
    return SyncResult.failed(new PastFailure(trouble), at);
  }

  private static Endings kept(Resources words, @Nullable SyncResult push, @Nullable SyncResult pull) {
    return new Endings(words, Ending.of(push, null), Ending.of(pull, null));
  }

  private static @Nullable String inEnglish(@Nullable SyncResult push, @Nullable SyncResult pull) {
    return kept(in(Locale.ENGLISH), push, pull).others();
  }

  private static @Nullable String inGerman(@Nullable SyncResult push, @Nullable SyncResult pull) {
    return kept(in(Locale.GERMAN), push, pull).others();
  }

  @Test
  public void whatFailedIsCalledByItsName() {
    assertEquals("Sending failed, Oct 26, 2026: The service could not be reached, or asked for patience.",
        inEnglish(LATER, null));
    assertEquals("Updating failed, Oct 26, 2026: The service could not be reached, or asked for patience.",
        inEnglish(null, LATER));
    assertEquals("Das Senden misslang, 26.10.2026: Der Dienst war nicht zu erreichen oder bat um Geduld.",
        inGerman(LATER, null));
    assertEquals("Das Erneuern misslang, 26.10.2026: Der Dienst war nicht zu erreichen oder bat um Geduld.",
        inGerman(null, LATER));
  }

  @Test
  public void whatFailedForOneReasonIsOneSentence() {
    assertEquals("Sending and updating failed, Oct 26, 2026: The service could not be reached, or asked for patience.",
        inEnglish(LATER, LATER));
    assertEquals("Senden und Erneuern misslangen, 26.10.2026: Der Dienst war nicht zu erreichen oder bat um Geduld.",
        inGerman(LATER, LATER));
  }

  @Test
  public void ofOneReasonAtTwoTimesBothAreSaid() {
    assertEquals("Sending and updating failed, Oct 26, 2026 and Nov 5, 2026: The service refused it.",
        inEnglish(failed(Trouble.REFUSED, OCTOBER), failed(Trouble.REFUSED, NOVEMBER)));
    assertEquals("Senden und Erneuern misslangen, 26.10.2026 und 05.11.2026: Der Dienst hat es abgelehnt.",
        inGerman(failed(Trouble.REFUSED, OCTOBER), failed(Trouble.REFUSED, NOVEMBER)));
  }

  @Test
  public void ofTwoReasonsEachHasItsSentence() {
    assertEquals("Sending failed, Oct 26, 2026: The service refused it.\n"
        + "Updating failed, Oct 26, 2026: The service could not be reached, or asked for patience.",
        inEnglish(failed(Trouble.REFUSED, OCTOBER), LATER));
  }

  @Test
  public void oneThatEndedWellHasItsSentenceBesideTheOther() {
    assertEquals("Sent 12 answers, Oct 26, 2026.\n"
        + "Updating failed, Oct 26, 2026: The service could not be reached, or asked for patience.",
        inEnglish(SyncResult.sent(12, OCTOBER), LATER));
  }

  @Test
  public void whatWasStoppedDidNotFail() {
    SyncResult stopped = failed(Trouble.STOPPED, OCTOBER);
    assertEquals("Sending was stopped, Oct 26, 2026: It goes on the next time.", inEnglish(stopped, null));
    assertEquals("Das Erneuern wurde angehalten, 26.10.2026: Es geht beim nächsten Mal weiter.",
        inGerman(null, stopped));
    assertEquals("Sending and updating were stopped, Oct 26, 2026: It goes on the next time.",
        inEnglish(stopped, stopped));
    SyncResult here = SyncResult.failed(new StoppedException(), OCTOBER);
    assertEquals("Sending was stopped: It goes on the next time.",
        new Endings(in(Locale.ENGLISH), Ending.of(null, here), null).troubles());
  }

  @Test
  public void whatFailsHereForTheReasonOfAnEarlierFailureIsOneSentenceToo() {
    SyncResult here = SyncResult.failed(new PastFailure(Trouble.NO_SPACE), NOVEMBER);
    Endings endings = new Endings(in(Locale.ENGLISH), Ending.of(failed(Trouble.NO_SPACE, OCTOBER), null),
        Ending.of(null, here));
    assertEquals("Sending and updating failed: The phone’s storage is full; please free some space.",
        endings.troubles());
    assertNull(endings.others());
  }

  @Test
  public void ofNothingNothingIsSaid() {
    assertNull(inEnglish(null, null));
    assertNull(kept(in(Locale.ENGLISH), null, null).troubles());
  }
}
