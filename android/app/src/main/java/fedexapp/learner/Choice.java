package fedexapp.learner;

/** What is on or off. */
public enum Choice {
  /** Pushes and pulls by itself only while charging. */
  CHARGING,
  /** Only while nobody uses the phone. */
  IDLE,
  /** Only on a network that costs nothing. */
  UNMETERED,
  /** Screens cannot be recorded, and show nothing among the recent apps. */
  SECURE
}
