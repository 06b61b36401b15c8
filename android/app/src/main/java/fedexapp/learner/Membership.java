package fedexapp.learner;

/** The service that a device belongs to. */
public final class Membership {
  private final String group;
  private final String url;

  public Membership(String group, String url) {
    this.group = group;
    this.url = url;
  }

  public String group() {
    return group;
  }

  /** Where the service is. */
  public String url() {
    return url;
  }
}
