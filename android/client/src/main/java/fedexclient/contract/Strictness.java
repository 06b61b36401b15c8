package fedexclient.contract;

/** How many strangers are let in; from fewest to most. */
public enum Strictness {
  STRICT("strict"),
  BALANCED("balanced"),
  FRIENDLY("friendly");

  private final String text;

  Strictness(String text) {
    this.text = text;
  }

  /** The name in documents. */
  @Override
  public String toString() {
    return text;
  }
}
