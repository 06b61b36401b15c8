package fedexapp;

import android.widget.Toast;
import fedexapp.learner.HalfErasedException;
import fedexapp.learner.Status;
import fedexapp.session.Task;

/** Asks once more before everything that was taught is erased. */
public final class ForgetActivity extends AskScreen {
  /** Whether consent was withdrawn a moment ago. */
  static final String WITHDREW = "withdrew";

  /** All is forgotten here, and the service does not know: it stays so while it is asked again. */
  private boolean isHalfDone;

  public ForgetActivity() {
    super(Task.ERASE);
  }

  @Override
  void show() {
    Status status = session().status();
    if (status != null && status.missedErasure()
        || session().state(Task.ERASE).failure() instanceof HalfErasedException) {
      isHalfDone = true;
    }
    if (isHalfDone) {
      ask(getText(R.string.forget_half_done), R.string.forget_again, R.string.forget_later);
    } else {
      CharSequence text = getText(R.string.forget_text);
      boolean withdrew = getIntent().getBooleanExtra(WITHDREW, false);
      ask(withdrew ? getString(R.string.forget_after_withdrawal, text) : text, R.string.forget_yes,
          R.string.forget_no);
    }
    super.show();
  }

  @Override
  void doIt() {
    session().erase();
  }

  @Override
  void end() {
    Toast.makeText(this, R.string.forget_done, Toast.LENGTH_LONG).show();
    finish();
  }
}
