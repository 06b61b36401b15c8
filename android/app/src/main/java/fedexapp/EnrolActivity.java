package fedexapp;

import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Intent;
import android.os.Bundle;
import android.text.Editable;
import android.text.TextWatcher;
import android.view.View;
import android.widget.EditText;
import android.widget.Toast;
import fedexapp.learner.Group;
import fedexapp.learner.Status;
import fedexapp.session.Task;
import fedexapp.session.TaskState;
import fedexclient.contract.ContractException;
import fedexclient.contract.Invitation;
import org.jspecify.annotations.Nullable;

/** Joins the group of an invitation: pasted, opened as a link, or typed in parts. Nobody joins without pressing it. */
public final class EnrolActivity extends Screen implements TextWatcher {
  private static final int MOST_PASTED = Invitation.MAX_CHARACTERS + 1;

  private @Nullable ContractException wrong;

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.enrol);
    offerToLeave();
    if (saved == null) {
      session().settle(Task.ENROL);
      take(getIntent());
    }
    for (int field : new int[] {R.id.invitation, R.id.url, R.id.code, R.id.fingerprint}) {
      EditText text = view(field);
      text.addTextChangedListener(this);
    }
    view(R.id.paste).setOnClickListener(button -> paste());
    view(R.id.join).setOnClickListener(button -> join());
  }

  private void take(Intent intent) {
    String link = intent.getDataString();
    if (Intent.ACTION_VIEW.equals(intent.getAction()) && link != null
        && link.length() <= Invitation.MAX_CHARACTERS) {
      set(link);
    }
  }

  private void set(String invitation) {
    EditText field = view(R.id.invitation);
    field.setText(invitation);
    field.setSelection(field.length());
  }

  private void paste() {
    ClipboardManager clipboard = getSystemService(ClipboardManager.class);
    ClipData clip = clipboard.getPrimaryClip();
    if (clip != null && clip.getItemCount() > 0) {
      set(text(clip.getItemAt(0)));
    }
  }

  /** What a clip says itself: another app's content is not asked for. Of what is too long enough to be refused. */
  private static String text(ClipData.Item item) {
    CharSequence text = item.getText();
    return text == null ? "" : text.subSequence(0, Math.min(text.length(), MOST_PASTED)).toString();
  }

  private void join() {
    try {
      session().enrol(typed());
    } catch (ContractException error) {
      wrong = error;
      show();
    }
  }

  private Invitation typed() throws ContractException {
    String pasted = text(R.id.invitation);
    return pasted.trim().isEmpty()
        ? InvitationForm.of(text(R.id.url), text(R.id.code), text(R.id.fingerprint)) : InvitationForm.read(pasted);
  }

  private String text(int field) {
    EditText text = view(field);
    return text.getText().toString();
  }

  @Override
  void show() {
    TaskState state = session().state(Task.ENROL);
    view(R.id.busy).setVisibility(state.isRunning() ? View.VISIBLE : View.INVISIBLE);
    view(R.id.join).setEnabled(!state.isRunning());
    Exception failure = wrong == null ? state.failure() : wrong;
    Words.showOrHide(view(R.id.trouble), failure == null ? null : Sentences.of(getResources(), failure));
    Words.showOrHide(view(R.id.leads_to), leadsTo());
    if (state.isDone()) {
      session().settle(Task.ENROL);
      Toast.makeText(this, R.string.enrol_done, Toast.LENGTH_LONG).show();
      finish();
    }
  }

  /** Where what is there so far leads to, and which group is left for it; null: nowhere yet. */
  private @Nullable String leadsTo() {
    try {
      Invitation invitation = typed();
      String leads = getString(R.string.enrol_leads_to, invitation.url(), invitation.fingerprint());
      Status status = session().status();
      Group now = status == null ? null : status.group();
      return now == null ? leads : leads + "\n\n"
          + getString(R.string.enrol_leaves, Words.name(getResources(), now.name()), now.url());
    } catch (ContractException error) {
      return null; // it is said when joining is asked for
    }
  }

  @Override
  public void afterTextChanged(Editable text) {
    wrong = null;
    show();
  }

  @Override
  public void beforeTextChanged(CharSequence text, int start, int count, int after) {}

  @Override
  public void onTextChanged(CharSequence text, int start, int before, int count) {}
}
