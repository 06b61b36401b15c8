package fedexapp;

import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.RadioGroup;
import android.widget.Switch;
import android.widget.TextView;
import fedexapp.learner.Choice;
import fedexapp.learner.Choices;
import fedexapp.learner.Group;
import fedexapp.learner.Status;
import fedexapp.session.Task;
import fedexclient.contract.Strictness;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the user can set, and where a group is joined, consent given, everything forgotten. */
public final class SettingsActivity extends Screen {
  private static final Map<Choice, Integer> SWITCHES = new EnumMap<>(Choice.class);
  private static final Map<Strictness, Integer> POINTS = new EnumMap<>(Strictness.class);

  static {
    SWITCHES.put(Choice.CHARGING, R.id.charging);
    SWITCHES.put(Choice.IDLE, R.id.idle);
    SWITCHES.put(Choice.UNMETERED, R.id.unmetered);
    SWITCHES.put(Choice.SECURE, R.id.secure);
    POINTS.put(Strictness.STRICT, R.id.strict);
    POINTS.put(Strictness.BALANCED, R.id.balanced);
    POINTS.put(Strictness.FRIENDLY, R.id.friendly);
  }

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.settings);
    offerToLeave();
    if (saved == null) {
      session().settle(Task.CHOOSE);
    }
    SWITCHES.forEach((choice, id) -> view(id).setOnClickListener(view -> choose(choice, ((Switch) view).isChecked())));
    POINTS.forEach((point, id) -> view(id).setOnClickListener(view -> choose(point)));
    open(R.id.enrol, EnrolActivity.class);
    open(R.id.consent, ConsentActivity.class);
    open(R.id.forget, ForgetActivity.class);
  }

  private void open(int button, Class<? extends Screen> screen) {
    view(button).setOnClickListener(view -> startActivity(new Intent(this, screen)));
  }

  private void choose(Choice choice, boolean isMade) {
    Choices before = session().choices();
    if (before != null) {
      session().choose(before.with(choice, isMade));
    }
  }

  private void choose(Strictness strictness) {
    Choices before = session().choices();
    if (before != null) {
      session().choose(before.with(strictness));
    }
  }

  @Override
  void show() {
    showChoices(session().choices());
    showStatus(session().status());
    Exception unkept = session().state(Task.CHOOSE).failure();
    Exception failure = unkept == null ? session().failure() : unkept;
    Words.showOrHide(view(R.id.trouble), failure == null ? null : Sentences.of(getResources(), failure));
  }

  private void showChoices(@Nullable Choices choices) {
    POINTS.forEach((point, id) -> view(id).setEnabled(choices != null));
    SWITCHES.forEach((choice, id) -> {
      Switch view = view(id);
      view.setEnabled(choices != null);
      view.setChecked(choices != null && choices.has(choice));
    });
    if (choices != null) {
      RadioGroup points = view(R.id.strictness);
      points.check(POINTS.get(choices.strictness()));
    }
  }

  private void showStatus(@Nullable Status status) {
    Group group = status == null ? null : status.group();
    boolean hasConsent = status != null && status.hasConsent();
    TextView member = view(R.id.membership);
    member.setText(group == null ? getString(R.string.member_of_none)
        : getString(R.string.member_of, group.name(), group.url()));
    TextView consent = view(R.id.consent_text);
    boolean isUnknown = status == null && session().failure() != null;
    int known = hasConsent ? R.string.consent_given : R.string.consent_missing;
    consent.setText(isUnknown ? R.string.consent_unknown : known);
    boolean isErasureMissed = status != null && status.missedErasure();
    view(R.id.erasure_missed).setVisibility(isErasureMissed ? View.VISIBLE : View.GONE);
    Button change = view(R.id.consent);
    change.setText(hasConsent || isUnknown ? R.string.consent_change : R.string.consent_read);
    // Consent is withdrawn, and all forgotten, also where nobody can tell what there is.
    view(R.id.enrol).setEnabled(status != null);
  }
}
