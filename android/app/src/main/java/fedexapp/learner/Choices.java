package fedexapp.learner;

import fedexclient.contract.Strictness;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What the user has set. */
public final class Choices {
  private final Strictness strictness;
  private final Set<Choice> made;

  public Choices(Strictness strictness, Set<Choice> made) {
    this.strictness = strictness;
    EnumSet<Choice> copied = EnumSet.noneOf(Choice.class);
    copied.addAll(made);
    this.made = Collections.unmodifiableSet(copied);
  }

  /** Balanced; by itself only while charging, idle and on a network that costs nothing. */
  public static Choices usual() {
    return new Choices(Strictness.BALANCED, EnumSet.of(Choice.CHARGING, Choice.IDLE, Choice.UNMETERED));
  }

  /** How sure an answer must be. */
  public Strictness strictness() {
    return strictness;
  }

  public boolean has(Choice choice) {
    return made.contains(choice);
  }

  public Choices with(Strictness other) {
    return new Choices(other, made);
  }

  /** The same with a choice made, or unmade. */
  public Choices with(Choice choice, boolean isMade) {
    EnumSet<Choice> changed = EnumSet.noneOf(Choice.class);
    changed.addAll(made);
    if (isMade) {
      changed.add(choice);
    } else {
      changed.remove(choice);
    }
    return new Choices(strictness, changed);
  }
}
