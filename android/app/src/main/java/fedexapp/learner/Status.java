package fedexapp.learner;

import fedexclient.contract.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a learner stands. Made without much in it, and with more of it by each {@code with}. */
public final class Status {
  /** Only another version of the app helps: what it keeps is refused again, whatever becomes of the service. */
  private static final Set<Problem> OF_THE_APP =
      EnumSet.of(Problem.UNSUPPORTED_VERSION, Problem.SELF_TEST_FAILED, Problem.RETIRED_SPACE);

  private final Samples samples;
  private final Release release;
  private final List<Problem> refusals;
  private final @Nullable Group group;
  private final boolean hasConsent;
  private final @Nullable SyncResult lastPush;
  private final @Nullable SyncResult lastPull;
  private final boolean wasDamaged;
  private final boolean missedErasure;

  /** Nothing was refused, no service is known, no consent given, nothing pushed or pulled. */
  public Status(Samples samples, Release release) {
    this(samples, release, Collections.emptyList(), null, false, null, null, false, false);
  }

  private Status(Samples samples, Release release, List<Problem> refusals, @Nullable Group group,
      boolean hasConsent, @Nullable SyncResult lastPush, @Nullable SyncResult lastPull,
      boolean wasDamaged, boolean missedErasure) {
    this.samples = samples;
    this.release = release;
    this.refusals = refusals;
    this.group = group;
    this.hasConsent = hasConsent;
    this.lastPush = lastPush;
    this.lastPull = lastPull;
    this.wasDamaged = wasDamaged;
    this.missedErasure = missedErasure;
  }

  /** The same with why samples were refused: each reason once. */
  public Status withRefusals(List<Problem> reasons) {
    List<Problem> copied = Collections.unmodifiableList(new ArrayList<>(reasons));
    return new Status(samples, release, copied, group, hasConsent, lastPush, lastPull, wasDamaged, missedErasure);
  }

  /** The same of a group; null: of none. */
  public Status withGroup(@Nullable Group joined, boolean consent) {
    return new Status(samples, release, refusals, joined, consent, lastPush, lastPull, wasDamaged, missedErasure);
  }

  /** The same with how the last push and the last pull ended; null: there was none. */
  public Status withLast(@Nullable SyncResult push, @Nullable SyncResult pull) {
    return new Status(samples, release, refusals, group, hasConsent, push, pull, wasDamaged, missedErasure);
  }

  /** The same where what was taught was damaged, or no longer. */
  public Status withDamage(boolean isDamage) {
    return new Status(samples, release, refusals, group, hasConsent, lastPush, lastPull, isDamage, missedErasure);
  }

  /** The same where the service is still to be asked to erase what it has, or no longer. */
  public Status withMissedErasure(boolean isMissed) {
    return new Status(samples, release, refusals, group, hasConsent, lastPush, lastPull, wasDamaged, isMissed);
  }

  public Samples samples() {
    return samples;
  }

  public Release release() {
    return release;
  }

  /** Why samples were refused: each reason once. */
  public List<Problem> refusals() {
    return refusals;
  }

  /** Whether it may help to send again what was refused: somebody may have put the service right. */
  public boolean mayRetry() {
    boolean isAllowed = group != null && hasConsent;
    return isAllowed && samples.refused() > 0 && !OF_THE_APP.containsAll(refusals);
  }

  /** Null: no service is known to this device. */
  public @Nullable Group group() {
    return group;
  }

  /** Whether features and labels may be uploaded. */
  public boolean hasConsent() {
    return hasConsent;
  }

  /** Null: there was none. */
  public @Nullable SyncResult lastPush() {
    return lastPush;
  }

  /** Null: there was none. */
  public @Nullable SyncResult lastPull() {
    return lastPull;
  }

  /** Whether what was taught was damaged, and the user has not read that yet: what was not sent of it is lost. */
  public boolean wasDamaged() {
    return wasDamaged;
  }

  /** Whether the service is still to be asked to erase what this phone sent: it could not be when the user wanted it. */
  public boolean missedErasure() {
    return missedErasure;
  }
}
