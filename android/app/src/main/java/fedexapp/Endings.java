package fedexapp;

import android.content.res.Resources;
import fedexapp.learner.PastFailure;
import fedexapp.learner.SyncResult;
import fedexclient.Trouble;
import fedexclient.service.StoppedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the last push and the last pull ended, in a sentence each, or in one where both failed for one reason. */
final class Endings {
  private final Resources resources;
  private final @Nullable Ending push;
  private final @Nullable Ending pull;

  /** Takes what there is to say something of; null: nothing. */
  Endings(Resources resources, @Nullable Ending push, @Nullable Ending pull) {
    this.resources = resources;
    this.push = push;
    this.pull = pull;
  }

  /** What was asked for here and failed; null: nothing did. */
  @Nullable String troubles() {
    return said(true);
  }

  /** How the others ended, and when; null: there were none. */
  @Nullable String others() {
    return said(false);
  }

  private @Nullable String said(boolean isHere) {
    List<String> sentences = new ArrayList<>();
    Exception failure = commonFailure();
    if (push != null && pull != null && failure != null) {
      boolean isOneHere = push.isHere() || pull.isHere();
      if (isHere == isOneHere) {
        sentences.add(failed(Exchange.BOTH, failure, isHere ? null : times(push.result(), pull.result())));
      }
    } else {
      addOne(sentences, Exchange.PUSH, push, isHere);
      addOne(sentences, Exchange.PULL, pull, isHere);
    }
    return sentences.isEmpty() ? null : String.join("\n", sentences);
  }

  /** Why both failed; null: not both did, or not for one reason. */
  private @Nullable Exception commonFailure() {
    Exception failure = push == null ? null : push.result().failure();
    Exception other = pull == null ? null : pull.result().failure();
    return failure != null && other != null && reason(failure).equals(reason(other)) ? failure : null;
  }

  private String times(SyncResult one, SyncResult other) {
    String when = Words.when(resources, one.at());
    String then = Words.when(resources, other.at());
    return when.equals(then) ? when : resources.getString(R.string.two_times, when, then);
  }

  private void addOne(List<String> sentences, Exchange exchange, @Nullable Ending ending, boolean isHere) {
    if (ending != null && ending.isHere() == isHere) {
      Exception failure = ending.result().failure();
      String when = Words.when(resources, ending.result().at());
      sentences.add(failure == null ? succeeded(ending.result(), when)
          : failed(exchange, failure, isHere ? null : when));
    }
  }

  private String failed(Exchange exchange, Exception failure, @Nullable String when) {
    String what = resources.getString(wasStopped(failure) ? exchange.stopped : exchange.failed);
    return when == null ? resources.getString(R.string.ending, what, reason(failure))
        : resources.getString(R.string.ending_when, what, when, reason(failure));
  }

  private String reason(Exception failure) {
    return wasStopped(failure) ? resources.getString(R.string.goes_on) : Sentences.of(resources, failure);
  }

  private static boolean wasStopped(Exception failure) {
    return failure instanceof StoppedException
        || failure instanceof PastFailure && ((PastFailure) failure).trouble() == Trouble.STOPPED;
  }

  private String succeeded(SyncResult result, String when) {
    String number = Words.number(resources, result.number());
    switch (result.outcome()) {
      case SENT:
        return resources.getQuantityString(R.plurals.last_sent, Words.quantity(result.number()), number, when);
      case NOTHING_WAITS:
        return resources.getString(R.string.last_nothing, when);
      case INSTALLED:
        return resources.getString(R.string.last_installed, number, when);
      default:
        return resources.getString(R.string.last_current, when);
    }
  }

  /** What it was that failed. */
  private enum Exchange {
    PUSH(R.string.push_failed, R.string.push_stopped),
    PULL(R.string.pull_failed, R.string.pull_stopped),
    BOTH(R.string.both_failed, R.string.both_stopped);

    private final int failed;
    private final int stopped;

    Exchange(int failed, int stopped) {
      this.failed = failed;
      this.stopped = stopped;
    }
  }
}
