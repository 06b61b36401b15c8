package fedexapp.learner;

/** A model is there, and nothing in this build that runs it. */
public final class NoLearnerException extends Exception {
  private static final long serialVersionUID = 1L;

  public NoLearnerException() {
    super("no learner is built into this app");
  }
}
