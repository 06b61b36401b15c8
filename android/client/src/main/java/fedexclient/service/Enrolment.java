package fedexclient.service;

/** Who this device is now, and what has changed. */
public final class Enrolment {
  private final Identity identity;
  private final boolean isNew;
  private final boolean hasNewToken;

  Enrolment(Identity identity, boolean isNew, boolean hasNewToken) {
    this.identity = identity;
    this.isNew = isNew;
    this.hasNewToken = hasNewToken;
  }

  public Identity identity() {
    return identity;
  }

  /** Whether it has just become so; false for one that keeps its id. */
  public boolean isNew() {
    return isNew;
  }

  /** Whether it has just got a token: one that is new, or whose token did not count any more. */
  public boolean hasNewToken() {
    return hasNewToken;
  }
}
