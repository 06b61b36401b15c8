package fedexapp.learner;

import fedexclient.FedexStatus;
import fedexclient.ReleaseInUse;
import fedexclient.SampleCounts;
import fedexclient.Trouble;
import fedexclient.sync.SyncLog;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How the library's device stands, in the words of the screens. Pure. */
final class DeviceStatus {
  private DeviceStatus() {}

  /** What the library says of it. */
  static Status of(FedexStatus status) {
    SampleCounts counts = status.samples();
    ReleaseInUse release = status.release();
    Long sinceMs = release.sinceMs();
    Samples samples = new Samples(
        counts.waiting() + counts.keptBack() + counts.refused(), counts.waiting(), counts.refused(),
        counts.acknowledged());
    Release inUse = new Release(release.serial(), sinceMs == null ? null : seconds(sinceMs), release.accuracy(),
        release.measuredOn());
    String group = status.group();
    String url = status.url();
    return new Status(samples, inUse)
        .withRefusals(new ArrayList<>(counts.refusals()))
        .withGroup(group == null || url == null ? null : new Group(group, url), status.consentMs() != null)
        .withLast(lastPush(status.lastPush()), lastPull(status.lastPull()))
        .withMissedErasure(status.isErasureMissed())
        .withDamage(status.setAside() != null);
  }

  /** What screens count in. */
  static long seconds(long ms) {
    return TimeUnit.MILLISECONDS.toSeconds(ms);
  }

  private static @Nullable SyncResult lastPush(SyncLog.@Nullable Entry last) {
    if (last == null) {
      return null;
    }
    SyncResult failure = failure(last);
    return failure == null ? SyncResult.sent(last.number(), seconds(last.endedMs())) : failure;
  }

  private static @Nullable SyncResult lastPull(SyncLog.@Nullable Entry last) {
    if (last == null) {
      return null;
    }
    SyncResult failure = failure(last);
    return failure == null ? pulled(last.number(), last.endedMs()) : failure;
  }

  /** How a pull ended well; serial 0: it found nothing newer. */
  static SyncResult pulled(long serial, long endedMs) {
    return serial == 0 ? SyncResult.current(seconds(endedMs)) : SyncResult.installed(serial, seconds(endedMs));
  }

  private static @Nullable SyncResult failure(SyncLog.Entry last) {
    for (Trouble trouble : Trouble.values()) {
      if (trouble.name().equals(last.trouble())) {
        return SyncResult.failed(new PastFailure(trouble), seconds(last.endedMs()));
      }
    }
    return null;
  }
}
