package fedexclient.pull;

/** What a pull found. */
public enum PullOutcome {
  NO_RELEASE("no release yet"),
  UNCHANGED("nothing new"),
  INSTALLED("installed"),
  WAITS("a new release is for other devices first"),
  WITHDRAWN("what was released is withdrawn, the bundle's head serves"),
  LET_GO("the head that served is withdrawn, and the new release is for other devices first");

  private final String text;

  PullOutcome(String text) {
    this.text = text;
  }

  /** For people. */
  @Override
  public String toString() {
    return text;
  }
}
