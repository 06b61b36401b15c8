package fedexclient;

import fedexclient.service.Identity;
import fedexclient.sync.SyncLog;
import java.io.File;
import org.jspecify.annotations.Nullable;

/** How a device stood at the moment at which that was asked for, for people who look. Immutable; reads nothing. */
public final class FedexStatus {
  private final SampleCounts samples;
  private final ReleaseInUse release;
  private final @Nullable Identity identity;
  private final @Nullable Long consentMs;
  private final SyncLog.@Nullable Entry lastPush;
  private final SyncLog.@Nullable Entry lastPull;
  private final boolean isErasureMissed;
  private final @Nullable File setAside;

  FedexStatus(SampleCounts samples, ReleaseInUse release, @Nullable Identity identity, @Nullable Long consentMs,
      SyncLog log, boolean isErasureMissed, @Nullable File setAside) {
    this.samples = samples;
    this.release = release;
    this.identity = identity;
    this.consentMs = consentMs;
    lastPush = log.push();
    lastPull = log.pull();
    this.isErasureMissed = isErasureMissed;
    this.setAside = setAside;
  }

  public SampleCounts samples() {
    return samples;
  }

  public ReleaseInUse release() {
    return release;
  }

  /** The group that the device is of; null: it is not enrolled. */
  public @Nullable String group() {
    return identity == null ? null : identity.group();
  }

  /** Where its service is; null: it is not enrolled. */
  public @Nullable String url() {
    return identity == null ? null : identity.url();
  }

  /** Its id there, for whoever asks an operator; null: it is not enrolled. */
  public @Nullable String device() {
    return identity == null ? null : identity.device();
  }

  /**
   * When the user consented to uploads to this group, or before enrolment to those of the first that is joined, Unix
   * milliseconds; null: nothing may be uploaded.
   */
  public @Nullable Long consentMs() {
    return consentMs;
  }

  /** How the last push ended; null: there was none. */
  public SyncLog.@Nullable Entry lastPush() {
    return lastPush;
  }

  /** How the last pull ended; null: there was none. */
  public SyncLog.@Nullable Entry lastPull() {
    return lastPull;
  }

  /**
   * Whether the service is still to be asked to erase what this device uploaded, as it could not be when that was asked
   * for ({@link Fedex#erase}): the next push asks it first.
   */
  public boolean isErasureMissed() {
    return isErasureMissed;
  }

  /**
   * A cache that was damaged and set aside, by whichever process and however long ago: what was not sent of it is lost.
   * Null: there is none, or it was forgotten, erased or dropped ({@link Fedex#dropSetAside}).
   */
  public @Nullable File setAside() {
    return setAside;
  }
}
