package fedexclient.contract;

/** A line of releases that a device may follow. */
public enum Channel {
  BEST("best"),
  LATEST("latest");

  private final String text;

  Channel(String text) {
    this.text = text;
  }

  /** The name in documents and paths. */
  @Override
  public String toString() {
    return text;
  }
}
