package fedexapp;

import fedexapp.learner.Status;
import fedexapp.session.Task;

/** Says what is sent, and asks whether it may be; ends with RESULT_OK where it now may. */
public final class ConsentActivity extends AskScreen {
  public ConsentActivity() {
    super(Task.CONSENT);
  }

  private boolean isGiven() {
    Status status = session().status();
    return status != null && status.hasConsent();
  }

  @Override
  void show() {
    if (isGiven()) {
      ask(R.string.consent_text, R.string.consent_withdraw, R.string.consent_keep);
    } else {
      ask(R.string.consent_text, R.string.consent_agree, R.string.consent_not_now);
    }
    super.show();
  }

  @Override
  void doIt() {
    session().consent(!isGiven());
  }

  @Override
  void end() {
    setResult(isGiven() ? RESULT_OK : RESULT_CANCELED);
    finish();
  }
}
