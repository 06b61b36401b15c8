package fedexapp;

import android.content.res.Resources;
import android.view.View;
import android.widget.ProgressBar;
import android.widget.TextView;
import fedexapp.learner.Group;
import fedexapp.learner.Release;
import fedexapp.learner.Samples;
import fedexapp.learner.Status;
import fedexapp.session.Session;
import fedexapp.session.Sync;
import fedexclient.contract.Problem;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lines that say how learning stands, and the buttons that send and update now. */
final class Strip {
  private final Screen screen;
  private final Resources resources;

  Strip(Screen screen, Runnable push) {
    this.screen = screen;
    resources = screen.getResources();
    screen.view(R.id.push).setOnClickListener(view -> push.run());
    screen.view(R.id.retry).setOnClickListener(view -> screen.session().pushRefused());
    screen.view(R.id.damage_read).setOnClickListener(view -> screen.session().acknowledgeDamage());
    screen.view(R.id.pull).setOnClickListener(view -> screen.session().pull());
    screen.view(R.id.stop).setOnClickListener(view -> screen.session().stopSync());
  }

  void show(Session session) {
    Status status = session.status();
    screen.view(R.id.strip).setVisibility(status == null ? View.GONE : View.VISIBLE);
    if (status != null) {
      showRelease(status.release());
      showSamples(status.samples(), status.refusals());
      text(R.id.damaged).setVisibility(status.wasDamaged() ? View.VISIBLE : View.GONE);
      screen.view(R.id.damage_read).setVisibility(status.wasDamaged() ? View.VISIBLE : View.GONE);
      boolean canRetry = status.mayRetry() && session.sync() == null;
      screen.view(R.id.retry).setVisibility(canRetry ? View.VISIBLE : View.GONE);
      showLast(session, status);
      showSync(session.sync(), status.group());
    }
  }

  private void showRelease(Release release) {
    Long since = release.since();
    String serial = number(release.serial());
    String name = since == null ? resources.getString(R.string.release, serial)
        : resources.getString(R.string.release_since, serial, Words.when(resources, since));
    text(R.id.release).setText(release.serial() == 0 ? resources.getString(R.string.release_first) : name);
    text(R.id.measured).setText(measured(release));
  }

  private String measured(Release release) {
    Double accuracy = release.accuracy();
    if (accuracy == null) {
      return resources.getString(R.string.not_measured);
    }
    String percent = NumberFormat.getPercentInstance(Words.locale(resources)).format(accuracy);
    return resources.getQuantityString(R.plurals.measured, Words.quantity(release.measuredOn()), percent,
        number(release.measuredOn()));
  }

  private void showSamples(Samples samples, List<Problem> refusals) {
    boolean areNone = samples.kept() + samples.acknowledged() + samples.refused() == 0;
    text(R.id.samples).setText(areNone ? resources.getString(R.string.no_samples)
        : resources.getString(R.string.samples, number(samples.kept()), number(samples.waiting()),
            number(samples.acknowledged())));
    List<String> reasons = new ArrayList<>();
    for (Problem problem : refusals) {
      reasons.add(Sentences.of(resources, problem));
    }
    Words.showOrHide(text(R.id.refusals), samples.refused() == 0 ? null : resources.getQuantityString(
        R.plurals.refused, Words.quantity(samples.refused()), number(samples.refused()), String.join(" ", reasons)));
  }

  /** How the last push and the last pull ended; not of the one that runs again. */
  private void showLast(Session session, Status status) {
    Sync running = session.sync();
    Ending push = running != null && running.isPush() ? null : Ending.of(status.lastPush(), session.failedPush());
    Ending pull = running != null && !running.isPush() ? null : Ending.of(status.lastPull(), session.failedPull());
    Endings endings = new Endings(resources, push, pull);
    Words.showOrHide(text(R.id.last), endings.others());
    Words.showOrHide(text(R.id.trouble), endings.troubles());
  }

  private void showSync(@Nullable Sync sync, @Nullable Group group) {
    screen.view(R.id.running).setVisibility(sync == null ? View.GONE : View.VISIBLE);
    screen.view(R.id.exchanges).setVisibility(sync == null ? View.VISIBLE : View.GONE);
    screen.view(R.id.pull).setVisibility(group == null ? View.GONE : View.VISIBLE);
    text(R.id.push).setText(group == null ? R.string.enrol_title : R.string.push);
    if (sync != null) {
      showProgress(sync);
    }
  }

  private void showProgress(Sync sync) {
    int running = sync.isPush() ? R.string.pushing : R.string.pulling;
    text(R.id.running_text).setText(sync.isStopping() ? R.string.stopping : running);
    ProgressBar bar = screen.view(R.id.progress);
    bar.setIndeterminate(sync.total() == 0);
    bar.setProgress(sync.total() == 0 ? 0 : (int) (1000 * sync.done() / sync.total()));
    screen.view(R.id.stop).setEnabled(!sync.isStopping());
  }

  private TextView text(int id) {
    return screen.view(id);
  }

  private String number(long number) {
    return Words.number(resources, number);
  }
}
