package fedexapp;

import android.content.Intent;
import fedexapp.learner.Status;
import fedexapp.session.Task;

/** Says what is sent, and asks whether it may be; ends with RESULT_OK where it now may. */
public final class ConsentActivity extends AskScreen {
  public ConsentActivity() {
    super(Task.CONSENT);
  }

  /** Where nobody can tell, it may be, and can be withdrawn. */
  private boolean mayBeGiven() {
    Status status = session().status();
    return status == null ? session().failure() != null : status.hasConsent();
  }

  @Override
  void show() {
    if (mayBeGiven()) {
      ask(getText(R.string.consent_text), R.string.consent_withdraw, R.string.consent_keep);
    } else {
      ask(getText(R.string.consent_text), R.string.consent_agree, R.string.consent_not_now);
    }
    super.show();
  }

  @Override
  void doIt() {
    session().consent(!mayBeGiven());
  }

  /** What was sent before stays at the service: whoever withdraws is asked whether that is to go, too. */
  @Override
  void end() {
    Status status = session().status();
    if (status != null && status.hasConsent()) {
      setResult(RESULT_OK);
    } else {
      setResult(RESULT_CANCELED);
      startActivity(new Intent(this, ForgetActivity.class).putExtra(ForgetActivity.WITHDREW, true));
    }
    finish();
  }
}
