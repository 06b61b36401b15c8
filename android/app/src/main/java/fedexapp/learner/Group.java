package fedexapp.learner;

/** The group that a device belongs to, and its service. */
public final class Group {
  private final String name;
  private final String url;

  public Group(String name, String url) {
    this.name = name;
    this.url = url;
  }

  public String name() {
    return name;
  }

  /** Where the service is. */
  public String url() {
    return url;
  }
}
