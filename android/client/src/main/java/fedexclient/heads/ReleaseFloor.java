package fedexclient.heads;

import fedexclient.contract.Manifest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The newest release of one line that was ever installed. */
public final class ReleaseFloor {
  /** Where none was. */
  public static final ReleaseFloor NONE = new ReleaseFloor(0, 0, 0, "");

  private final long serial;
  private final long issued;
  private final long passed;
  private final String passedEtag;

  /**
   * Makes a floor.
   *
   * @param serial 0: none was installed
   * @param issued Unix seconds
   * @param passed the serial of the newest release that was passed over since, as it is for other devices; 0: none was
   * @param passedEtag the tag to ask with next time, of that one; empty: it is to be fetched again
   */
  public ReleaseFloor(long serial, long issued, long passed, String passedEtag) {
    this.serial = serial;
    this.issued = issued;
    this.passed = passed;
    this.passedEtag = passedEtag;
  }

  public long serial() {
    return serial;
  }

  /** Unix seconds. */
  public long issued() {
    return issued;
  }

  /** The serial of the newest release that was passed over since, as it is for other devices; 0: none was. */
  public long passed() {
    return passed;
  }

  /** The tag to ask with next time, of what was passed over; empty: it is to be fetched again. */
  public String passedEtag() {
    return passedEtag;
  }

  /** The floor once a release is installed; none is ever lowered. */
  ReleaseFloor raised(Manifest manifest) {
    boolean stays = passed > manifest.serial();
    return new ReleaseFloor(Math.max(serial, manifest.serial()), Math.max(issued, manifest.issued()),
        stays ? passed : 0, stays ? passedEtag : "");
  }

  /** The floor once a release was judged and is for others. */
  ReleaseFloor passing(Manifest manifest, String etag) {
    return new ReleaseFloor(serial, issued, manifest.serial(), etag);
  }

  /** The same floor, which asks anew for what was passed over. */
  ReleaseFloor withoutTag() {
    return new ReleaseFloor(serial, issued, passed, "");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof ReleaseFloor)) {
      return false;
    }
    ReleaseFloor that = (ReleaseFloor) other;
    return serial == that.serial && issued == that.issued && passed == that.passed
        && passedEtag.equals(that.passedEtag);
  }

  @Override
  public int hashCode() {
    return Objects.hash(serial, issued, passed, passedEtag);
  }

  @Override
  public String toString() {
    return "serial " + serial + ", issued " + issued + ", passed " + passed;
  }
}
