package fedexclient.pull;

import fedexclient.contract.Manifest;
import fedexclient.heads.Floors;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadStore;
import fedexclient.heads.ReleaseFloor;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.storage.StorageException;
import fedexclient.trust.Floor;
import org.jspecify.annotations.Nullable;

/** What is installed of what a device follows. */
final class InstalledRelease {
  /** The serial of the bundle's own head. */
  static final long BUNDLED_SERIAL = 0;

  private final ReleaseFloor floor;
  private final long issued;
  private final long serial;
  private final @Nullable HeadEntry entry;

  private InstalledRelease(ReleaseFloor floor, long issued, long serial, @Nullable HeadEntry entry) {
    this.floor = floor;
    this.issued = issued;
    this.serial = serial;
    this.entry = entry;
  }

  /** Finds it; serials of another line say nothing about it. */
  static InstalledRelease find(HeadStore heads, Subscription followed) throws StorageException {
    Floors floors = heads.floors();
    ReleaseFloor floor = floors.of(followed.line());
    long issued = floors.issued(followed.identity().group());
    try {
      @Nullable HeadEntry entry = heads.entries().isEmpty() ? null : heads.entries().get(0);
      if (entry != null) {
        return of(heads, followed, entry, floor, issued);
      }
    } catch (HeadDamagedException error) {
      return new InstalledRelease(floor, issued, BUNDLED_SERIAL, null); // it is fetched again
    }
    return new InstalledRelease(floor, issued, BUNDLED_SERIAL, null);
  }

  private static InstalledRelease of(
      HeadStore heads, Subscription followed, HeadEntry entry, ReleaseFloor floor, long issued)
      throws HeadDamagedException {
    Manifest manifest = heads.manifest(entry);
    if (!manifest.group().equals(followed.identity().group()) || !manifest.space().equals(followed.space())) {
      return new InstalledRelease(floor, issued, BUNDLED_SERIAL, null);
    }
    long serial = entry.precision() == null ? BUNDLED_SERIAL : manifest.serial();
    boolean isFloor = manifest.channel() == followed.channel() && manifest.serial() == floor.serial();
    return new InstalledRelease(floor, issued, serial, isFloor && isWhole(heads, entry) ? entry : null);
  }

  private static boolean isWhole(HeadStore heads, HeadEntry entry) {
    if (entry.precision() == null) {
      return true; // its manifest has been read, and there is nothing else of it
    }
    try {
      heads.load(entry);
      return true;
    } catch (HeadDamagedException error) {
      return false;
    }
  }

  /** The newest release of the channel that was ever installed, and the newest time of issue of any channel. */
  Floor floor() {
    return new Floor(floor.serial(), floor.passed(), issued);
  }

  /** The serial of the newest head that is installed, whatever its channel; 0 where no head is. */
  long serial() {
    return serial;
  }

  /** The tag to ask the service with; empty where the release has to be fetched again. */
  String etag() {
    return floor.passedEtag().isEmpty() && entry != null ? entry.etag() : floor.passedEtag();
  }

  /** The installed head, if it is the floor's release and undamaged. */
  @Nullable HeadEntry entry() {
    return entry;
  }

  /** Whether a release is what is installed. */
  boolean is(Manifest manifest) {
    return entry != null && manifest.serial() == floor.serial();
  }

  /** What a pull finds where the service has nothing newer than was asked with. */
  PullOutcome unchanged() {
    return floor.passed() > 0 ? PullOutcome.WAITS : PullOutcome.UNCHANGED;
  }
}
