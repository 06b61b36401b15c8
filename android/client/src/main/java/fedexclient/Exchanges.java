package fedexclient;

import fedexclient.pull.PullListener;
import fedexclient.pull.PullOutcome;
import fedexclient.pull.PullReport;
import fedexclient.push.PushListener;
import fedexclient.push.PushReport;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.sync.Round;
import fedexclient.sync.SyncLog;
import fedexclient.sync.SyncPolicy;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Pushes and pulls, by hand and in rounds, and what is kept of each for whoever asks how the last one ended. */
final class Exchanges {
  private final Sharing sharing;
  private final SyncLog log;

  Exchanges(Sharing sharing, SyncLog log) {
    this.sharing = sharing;
    this.log = log;
  }

  /** A push that a user asked for. Throws as {@link Sharing#push}. */
  PushReport push(PushListener listener, Stop stop) throws Exception {
    return pushed(listener, stop, Noting.ALL);
  }

  /** A pull that a user asked for. Throws as {@link Sharing#pull}. */
  PullReport pull(PullListener listener, Stop stop) throws Exception {
    return pulled(listener, stop, Noting.ALL);
  }

  /** A push and a pull of a job; returns the seconds until the next ones are due, 1 where these were asked to end. */
  double once(SyncPolicy policy, Stop stop) {
    Round.Part push = asked -> problemOf(pushed(progress -> {}, asked, Noting.OF_JOBS));
    Round.Part pull = asked -> {
      pulled((done, total) -> {}, asked, Noting.OF_JOBS);
      return null;
    };
    Round round = Round.run(Arrays.asList(push, pull), stop);
    return stop.isAsked() ? 1 : log.waitS(round, policy, new SecureRandom().nextDouble());
  }

  private PushReport pushed(PushListener listener, Stop stop, Noting noting) throws Exception {
    try {
      PushReport report = sharing.push(listener, stop);
      notePush(report.samples(), problemOf(report), noting);
      return report;
    } catch (RuntimeException error) {
      throw error;
    } catch (Exception error) {
      notePush(0, error, noting);
      throw error;
    }
  }

  private void notePush(long samples, @Nullable Exception problem, Noting noting) {
    if (samples > 0 || noting.isFor(problem)) {
      log.notePush(System.currentTimeMillis(), samples, nameOf(problem));
    }
  }

  /** The first thing that went wrong in a push, or that it was stopped; null: neither. */
  private static @Nullable Exception problemOf(PushReport report) {
    return report.wasStopped() && report.problem() == null ? new StoppedException() : report.problem();
  }

  private PullReport pulled(PullListener listener, Stop stop, Noting noting) throws Exception {
    try {
      PullReport report = sharing.pull(listener, stop);
      boolean isNew = report.outcome() == PullOutcome.INSTALLED;
      log.notePull(System.currentTimeMillis(), isNew ? report.serial() : 0, null);
      return report;
    } catch (RuntimeException error) {
      throw error;
    } catch (Exception error) {
      if (noting.isFor(error)) {
        log.notePull(System.currentTimeMillis(), 0, nameOf(error));
      }
      throw error;
    }
  }

  /** What of a push or a pull is kept for whoever asks how the last one ended. */
  private enum Noting {
    /** Of what a user asked for: all. */
    ALL,
    /** Of what a job did by itself: no such thing as that it was not to do anything, or had no time left. */
    OF_JOBS;

    private static final Set<Trouble> AS_WISHED =
        EnumSet.of(Trouble.NO_CONSENT, Trouble.NOT_ENROLLED, Trouble.STOPPED);

    boolean isFor(@Nullable Exception problem) {
      return this == ALL || problem == null || !AS_WISHED.contains(Trouble.of(problem));
    }
  }

  /** The name of a trouble; null where there is none. */
  private static @Nullable String nameOf(@Nullable Exception error) {
    return error == null ? null : Trouble.of(error).name();
  }
}
