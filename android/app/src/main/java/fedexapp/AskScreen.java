package fedexapp;

import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.TextView;
import fedexapp.session.Task;
import fedexapp.session.TaskState;
import org.jspecify.annotations.Nullable;

/** Explains something, and does it or not. */
abstract class AskScreen extends Screen {
  private final Task task;

  AskScreen(Task task) {
    this.task = task;
  }

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.ask);
    offerToLeave();
    if (saved == null) {
      session().settle(task);
    }
    view(R.id.yes).setOnClickListener(button -> doIt());
    view(R.id.no).setOnClickListener(button -> finish());
  }

  /** Does what was asked about. */
  abstract void doIt();

  /** Says the result, and leaves. */
  abstract void end();

  final void ask(CharSequence text, int yes, int no) {
    TextView words = view(R.id.text);
    words.setText(text);
    Button first = view(R.id.yes);
    first.setText(yes);
    Button second = view(R.id.no);
    second.setText(no);
  }

  @Override
  void show() {
    TaskState state = session().state(task);
    view(R.id.busy).setVisibility(state.isRunning() ? View.VISIBLE : View.INVISIBLE);
    view(R.id.yes).setEnabled(!state.isRunning());
    Exception failure = state.failure();
    Words.showOrHide(view(R.id.trouble), failure == null ? null : Sentences.of(getResources(), failure));
    if (state.isDone()) {
      session().settle(task);
      end();
    }
  }
}
