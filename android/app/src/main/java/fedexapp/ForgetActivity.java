package fedexapp;

import android.widget.Toast;
import fedexapp.session.Task;

/** Asks once more before everything that was taught is erased. */
public final class ForgetActivity extends AskScreen {
  /** Whether consent was withdrawn a moment ago. */
  static final String WITHDREW = "withdrew";

  public ForgetActivity() {
    super(Task.ERASE);
  }

  @Override
  void show() {
    CharSequence text = getText(R.string.forget_text);
    boolean withdrew = getIntent().getBooleanExtra(WITHDREW, false);
    ask(withdrew ? getString(R.string.forget_after_withdrawal, text) : text, R.string.forget_yes, R.string.forget_no);
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
