package fedexapp.learner;

import fedexclient.Trouble;

/** How something ended in an earlier life of the app, of which no more is known than what can be done about it. */
public final class PastFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Trouble trouble;

  public PastFailure(Trouble trouble) {
    super(trouble.name());
    this.trouble = trouble;
  }

  /** What can be done about it. */
  public Trouble trouble() {
    return trouble;
  }
}
