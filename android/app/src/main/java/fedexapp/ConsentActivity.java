package fedexapp;

import android.content.Intent;
import android.os.Bundle;
import fedexapp.learner.Status;
import fedexapp.session.Task;
import fedexapp.session.TaskState;
import org.jspecify.annotations.Nullable;

/** Says what is sent, and asks whether it may be; ends with RESULT_OK where it now may. */
public final class ConsentActivity extends AskScreen {
  private static final String OFFERS = "offers to agree";

  /** What is asked for by the first button: to agree, or to withdraw; it stays while that is done. */
  private boolean offersToAgree;

  public ConsentActivity() {
    super(Task.CONSENT);
  }

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    offersToAgree = saved != null && saved.getBoolean(OFFERS);
  }

  @Override
  protected void onSaveInstanceState(Bundle saved) {
    super.onSaveInstanceState(saved);
    saved.putBoolean(OFFERS, offersToAgree);
  }

  /** Where nobody can tell, it may be, and can be withdrawn. */
  private boolean mayBeGiven() {
    Status status = session().status();
    return status == null ? session().failure() != null : status.hasConsent();
  }

  @Override
  void show() {
    TaskState state = session().state(Task.CONSENT);
    if (!state.isRunning() && !state.isDone()) {
      offersToAgree = !mayBeGiven();
    }
    if (offersToAgree) {
      ask(getText(R.string.consent_text), R.string.consent_agree, R.string.consent_not_now);
    } else {
      ask(getText(R.string.consent_text), R.string.consent_withdraw, R.string.consent_keep);
    }
    super.show();
  }

  @Override
  void doIt() {
    session().consent(offersToAgree);
  }

  /** What was sent before stays at the service: whoever withdraws is asked whether that is to go, too. */
  @Override
  void end() {
    if (offersToAgree) {
      setResult(RESULT_OK);
    } else {
      setResult(RESULT_CANCELED);
      startActivity(new Intent(this, ForgetActivity.class).putExtra(ForgetActivity.WITHDREW, true));
    }
    finish();
  }
}
