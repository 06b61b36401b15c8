package fedexapp.session;

import android.content.Context;
import fedexapp.learner.Choice;
import fedexapp.learner.Choices;
import fedexapp.learner.Learner;
import fedexapp.learner.LearnerFactory;
import fedexapp.learner.Progress;
import fedexapp.learner.Status;
import fedexapp.learner.SyncResult;
import fedexapp.photo.PhotoLibrary;
import fedexclient.contract.Invitation;
import fedexclient.service.Stop;
import java.io.File;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all screens share, and what outlives each of them: a screen that is turned finds everything as it was.
 *
 * <p>On the main thread. Whatever blocks is done elsewhere; observers are told when something has changed.
 */
public final class Session {
  private final Jobs jobs = new Jobs();
  private final Observers observers = new Observers();
  private final OpenLearner learner;
  private final Photos photos;
  private final Recognitions recognitions;
  private final Map<Task, TaskState> tasks = new EnumMap<>(Task.class);
  private @Nullable Status status;
  private @Nullable Choices choices;
  private @Nullable Exception failure;
  private @Nullable SyncResult failedPush;
  private @Nullable SyncResult failedPull;
  private @Nullable Sync sync;

  /** Opens nothing yet; what is known is loaded at once, elsewhere. */
  public Session(Context context, LearnerFactory learners) {
    learner = new OpenLearner(context, learners);
    PhotoLibrary library = new PhotoLibrary(() -> new File(context.getNoBackupFilesDir(), "photos"));
    photos = new Photos(jobs, library, context, observers);
    recognitions = new Recognitions(jobs, learner, photos, this::refresh, observers);
    loadChoices();
    refresh();
  }

  public void observe(Runnable observer) {
    observers.add(observer);
  }

  public void leave(Runnable observer) {
    observers.remove(observer);
  }

  public Jobs jobs() {
    return jobs;
  }

  public Photos photos() {
    return photos;
  }

  public Recognitions recognitions() {
    return recognitions;
  }

  /** Null: not known yet, or it cannot be, for {@link #failure}. */
  public @Nullable Status status() {
    return status;
  }

  /** Why nothing is known of the learner; null: nothing is wrong. */
  public @Nullable Exception failure() {
    return failure;
  }

  /** Null: not known yet. */
  public @Nullable Choices choices() {
    return choices;
  }

  /** Whether screens are to be kept from being recorded: also as long as it is not known whether the user wants that. */
  public boolean isSecure() {
    return choices == null || choices.has(Choice.SECURE);
  }

  /** Looks again how the learner stands. */
  public void refresh() {
    jobs.run(Lane.READING, () -> learner.get().status(), this::show, error -> {
      failure = error;
      observers.tell();
    });
  }

  private void show(Status read) {
    boolean isAnother = status != null && status.release().serial() != read.release().serial();
    status = read;
    failure = null;
    if (isAnother) {
      recognitions.forget();
    }
    observers.tell();
  }

  private void loadChoices() {
    jobs.run(Lane.READING, () -> learner.get().choices(), read -> {
      choices = read;
      observers.tell();
    }, error -> {}); // the status, asked for at the same time, says why
  }

  /** The push or pull that runs; null: none does. */
  public @Nullable Sync sync() {
    return sync;
  }

  /** The last push that was asked for here, if it failed, until the next one; null: it did not. */
  public @Nullable SyncResult failedPush() {
    return failedPush;
  }

  /** The last pull that was asked for here, if it failed, until the next one; null: it did not. */
  public @Nullable SyncResult failedPull() {
    return failedPull;
  }

  /** Uploads what waits; nothing without consent, or while something else runs. */
  public void push() {
    if (status != null && status.hasConsent()) {
      begin(new Sync(true), Learner::push);
    }
  }

  /** Uploads what waits and what was refused; nothing without consent, or while something else runs. */
  public void pushRefused() {
    if (status != null && status.hasConsent()) {
      begin(new Sync(true), (at, progress, stop) -> {
        at.retryRefused();
        return at.push(progress, stop);
      });
    }
  }

  /** The user has read that what was taught was damaged; where that cannot be kept, it is said further on. */
  public void acknowledgeDamage() {
    jobs.run(Lane.READING, () -> {
      learner.get().acknowledgeDamage();
      return learner.get().status();
    }, this::show, error -> refresh());
  }

  /** Looks for a better release; nothing while something else runs. */
  public void pull() {
    begin(new Sync(false), Learner::pull);
  }

  private void begin(Sync begun, Exchange exchange) {
    if (sync != null) {
      return;
    }
    sync = begun;
    keep(begun, null);
    observers.tell();
    Progress progress = (done, total) -> jobs.tellMain(() -> {
      begun.at(done, total);
      observers.tell();
    });
    jobs.run(Lane.SENDING, () -> exchange.with(learner.get(), progress, begun.stop()), result -> end(),
        error -> fail(begun, SyncResult.failed(error, System.currentTimeMillis() / 1000)));
  }

  private void fail(Sync failed, SyncResult result) {
    keep(failed, result);
    end();
  }

  private void keep(Sync of, @Nullable SyncResult failed) {
    if (of.isPush()) {
      failedPush = failed;
    } else {
      failedPull = failed;
    }
  }

  private void end() {
    sync = null;
    refresh();
    observers.tell();
  }

  /** Asks what runs to end. */
  public void stopSync() {
    if (sync != null) {
      sync.stop().ask();
      observers.tell();
    }
  }

  /** Joins the group of an invitation. */
  public void enrol(Invitation invitation) {
    run(Task.ENROL, Lane.SENDING, at -> at.enrol(invitation));
  }

  /** Gives or withdraws consent; what is being uploaded ends then. */
  public void consent(boolean isGiven) {
    if (!isGiven) {
      stopSync();
    }
    run(Task.CONSENT, Lane.READING, at -> at.consent(isGiven));
  }

  /** Forgets all that was taught, here and at the service. */
  public void erase() {
    stopSync();
    run(Task.ERASE, Lane.SENDING, at -> {
      try {
        at.erase();
      } finally { // where the service cannot be asked, all is forgotten here
        jobs.tellMain(recognitions::forget);
        jobs.tellMain(this::refresh);
      }
    });
  }

  /** Keeps what the user set; the screens show it at once, and what was set before if it cannot be kept. */
  public void choose(Choices chosen) {
    Choices before = choices;
    choices = chosen;
    run(Task.CHOOSE, Lane.READING, at -> {
      try {
        at.choose(chosen);
      } catch (Exception error) {
        jobs.tellMain(() -> choices = before);
        throw error;
      }
    });
  }

  private void run(Task task, Lane lane, Order order) {
    tasks.put(task, TaskState.RUNNING);
    observers.tell();
    jobs.run(lane, () -> {
      Learner at = learner.get();
      order.give(at);
      return at;
    }, at -> look(task, at), error -> {
      tasks.put(task, TaskState.failed(error));
      observers.tell();
    });
  }

  /** What was asked for is done; how the learner stands then may be unknown all the same. */
  private void look(Task done, Learner at) {
    jobs.run(Lane.READING, at::status, read -> {
      tasks.put(done, TaskState.DONE);
      show(read);
    }, error -> {
      tasks.put(done, TaskState.DONE);
      status = null; // it is another one now
      failure = error;
      observers.tell();
    });
  }

  /** How far a task is. */
  public TaskState state(Task task) {
    TaskState state = tasks.get(task);
    return state == null ? TaskState.NONE : state;
  }

  /** How a task ended was seen. */
  public void settle(Task task) {
    tasks.remove(task);
  }

  /** A push or a pull. */
  private interface Exchange {
    SyncResult with(Learner learner, Progress progress, Stop stop) throws Exception;
  }

  /** Something that a learner is to do. */
  private interface Order {
    void give(Learner learner) throws Exception;
  }
}
