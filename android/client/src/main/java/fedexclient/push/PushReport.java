package fedexclient.push;

import org.jspecify.annotations.Nullable;

/** What a push did. */
public final class PushReport {
  private final int uploads;
  private final int samples;
  private final long bytes;
  private final int refused;
  private final int leftOut;
  private final @Nullable Exception problem;
  private final boolean hasMetRetirement;
  private final boolean wasStopped;

  PushReport(Tally tally) {
    uploads = tally.uploads;
    samples = tally.samples;
    bytes = tally.bytes;
    refused = tally.refused;
    leftOut = tally.leftOut;
    problem = tally.problem;
    hasMetRetirement = tally.hasMetRetirement;
    wasStopped = tally.wasStopped;
  }

  private PushReport(PushReport other, @Nullable Exception problem) {
    uploads = other.uploads;
    samples = other.samples;
    bytes = other.bytes;
    refused = other.refused;
    leftOut = other.leftOut;
    this.problem = problem;
    hasMetRetirement = other.hasMetRetirement;
    wasStopped = other.wasStopped;
  }

  /** Of a push that sent nothing, and why. */
  public static PushReport ofNothing(Exception why) {
    return new PushReport(new PushReport(new Tally()), why);
  }

  /** The same, with what its problem means in the place of that. */
  public PushReport meaning(Exception meant) {
    return new PushReport(this, meant);
  }

  /** The same, with what kept samples back before all else, unless it was stopped or something else went wrong. */
  public PushReport keepingBack(@Nullable Exception why) {
    return problem == null && !wasStopped ? new PushReport(this, why) : this;
  }

  /** Uploads that the service acknowledged. */
  public int uploads() {
    return uploads;
  }

  /** The samples in these. */
  public int samples() {
    return samples;
  }

  /** The bytes of these. */
  public long bytes() {
    return bytes;
  }

  /** Uploads that were set aside and are kept. */
  public int refused() {
    return refused;
  }

  /** Samples that no upload can carry. */
  public int leftOut() {
    return leftOut;
  }

  /**
   * The first thing that went wrong, null if nothing did: a {@link fedexclient.service.ServiceException}, an {@link
   * fedexclient.trust.UntrustedException}, a {@link PushException}, or a {@link fedexclient.keeping.KeepingException} where
   * nothing else did.
   */
  public @Nullable Exception problem() {
    return problem;
  }

  /** Whether the service refused an upload as its space is retired, which it may be alone to say. */
  public boolean hasMetRetirement() {
    return hasMetRetirement;
  }

  /** Whether it ended early, as was asked for: what was not sent waits, and no problem is noted for it. */
  public boolean wasStopped() {
    return wasStopped;
  }

  @Override
  public String toString() {
    return uploads + " uploads of " + samples + " samples, " + bytes + " bytes; refused " + refused + ", left out "
        + leftOut + (wasStopped ? ", stopped" : "") + (problem == null ? "" : "; " + problem.getMessage());
  }
}
