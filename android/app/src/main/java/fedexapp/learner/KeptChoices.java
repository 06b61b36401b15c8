package fedexapp.learner;

import android.content.Context;
import android.content.SharedPreferences;
import fedexclient.contract.Strictness;
import java.util.EnumSet;
import java.util.Set;

/** What the user has set, kept in the app's preferences. Not for the main thread. */
final class KeptChoices {
  private static final String STRICTNESS = "strictness";

  private final SharedPreferences preferences;

  KeptChoices(Context context) {
    preferences = context.getSharedPreferences("choices", Context.MODE_PRIVATE);
  }

  Choices read() {
    Choices usual = Choices.usual();
    Set<Choice> made = EnumSet.noneOf(Choice.class);
    for (Choice choice : Choice.values()) {
      if (preferences.getBoolean(choice.name(), usual.has(choice))) {
        made.add(choice);
      }
    }
    return new Choices(strictness(usual.strictness()), made);
  }

  private Strictness strictness(Strictness usual) {
    String kept = preferences.getString(STRICTNESS, usual.name());
    for (Strictness one : Strictness.values()) {
      if (one.name().equals(kept)) {
        return one;
      }
    }
    return usual; // of another version of the app
  }

  /** Keeps them; tells whether that worked. */
  boolean write(Choices choices) {
    SharedPreferences.Editor editor = preferences.edit().putString(STRICTNESS, choices.strictness().name());
    for (Choice choice : Choice.values()) {
      editor.putBoolean(choice.name(), choices.has(choice));
    }
    return editor.commit();
  }
}
