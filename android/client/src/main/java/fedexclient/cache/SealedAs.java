package fedexclient.cache;

/** For which group, and as which device, uploads are sealed: they are sent as no other one's. */
public final class SealedAs {
  private final String origin;
  private final String device;

  /**
   * Makes one of its parts.
   *
   * @param origin the group, with the id of the service's key
   * @param device the id of the device
   */
  public SealedAs(String origin, String device) {
    this.origin = origin;
    this.device = device;
  }

  public String origin() {
    return origin;
  }

  public String device() {
    return device;
  }
}
