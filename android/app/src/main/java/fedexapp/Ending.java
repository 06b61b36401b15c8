package fedexapp;

import fedexapp.learner.SyncResult;
import org.jspecify.annotations.Nullable;

/** How the last push, or the last pull, ended. */
final class Ending {
  private final SyncResult result;
  private final boolean isHere;

  private Ending(SyncResult result, boolean isHere) {
    this.result = result;
    this.isHere = isHere;
  }

  /**
   * One that failed here is told by its own exception, and not by what is kept of it, unless another one came later.
   *
   * @param kept how the last one ended, whoever asked for it; null: there was none
   * @param failedHere how the last one that was asked for here failed; null: it did not
   * @return null: there was none
   */
  static @Nullable Ending of(@Nullable SyncResult kept, @Nullable SyncResult failedHere) {
    boolean isHere = failedHere != null && (kept == null || kept.at() <= failedHere.at());
    SyncResult last = isHere ? failedHere : kept;
    return last == null ? null : new Ending(last, isHere);
  }

  SyncResult result() {
    return result;
  }

  /** Whether it was asked for in this life of the app, and failed: a moment ago, as a rule. */
  boolean isHere() {
    return isHere;
  }
}
