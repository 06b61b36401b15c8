package fedexapp;

import android.os.Looper;
import fedexapp.learner.Choices;
import fedexapp.learner.Group;
import fedexapp.learner.HalfErasedException;
import fedexapp.learner.Learner;
import fedexapp.learner.Progress;
import fedexapp.learner.Release;
import fedexapp.learner.Samples;
import fedexapp.learner.SeenFace;
import fedexapp.learner.Status;
import fedexapp.learner.SyncResult;
import fedexclient.contract.Box;
import fedexclient.contract.Invitation;
import fedexclient.recognise.Ranked;
import fedexclient.service.Stop;
import fedexclient.service.UnreachableException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Does what a test says, slowly or not at all if it says so, and takes down what it was asked. */
final class ScriptedLearner implements Learner {
  static final Group GROUP = new Group("kitchen", "https://fedex.example.org");

  /** What was asked of it, in order. */
  final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  volatile List<SeenFace> faces = threeFaces();
  volatile List<String> labels = Arrays.asList("Ada Abel", "Ben Baker", "Björn Carlsen", "Dora Abel", "Emil Fuchs");
  volatile Status status = new Status(new Samples(0, 0, 0, 0), new Release(0, null, null, 0));
  volatile Choices choices = Choices.usual();

  /** Every operation but looking fails with it; null: they work. */
  volatile @Nullable Exception failure;

  /** Every operation but looking needs more memory than there is. */
  volatile boolean isShortOfMemory;

  /** The service is not there for erasures. */
  volatile boolean missesErasures;

  /** Looking how it stands fails with it; null: it works. */
  volatile @Nullable Exception unknown;

  /** What keeps recognising, pushing and pulling waiting; null: nothing. */
  volatile @Nullable CountDownLatch gate;

  static List<SeenFace> threeFaces() {
    return Arrays.asList(
        new SeenFace("i1", new Box(416, 239, 527, 368),
            Arrays.asList(new Ranked("Ada Abel", 0.93), new Ranked("Dora Abel", 0.05), new Ranked("Emil Fuchs", 0.01)),
            false),
        new SeenFace("i2", new Box(183, 269, 279, 381),
            Arrays.asList(new Ranked("Ben Baker", 0.41), new Ranked("Emil Fuchs", 0.22)), true),
        new SeenFace("i3", new Box(127, 57, 208, 152),
            Arrays.asList(new Ranked("Björn Carlsen", 0.78), new Ranked("Ben Baker", 0.11)), false));
  }

  /** A status of one who belongs to a group, and has agreed. */
  static Status member() {
    return new Status(new Samples(31, 12, 2, 190), new Release(7, 1_793_000_000L, 0.94, 412))
        .withGroup(GROUP, true);
  }

  private void ask(String what) throws Exception {
    asked.add(what);
    beOffTheMainThread(what);
    if (isShortOfMemory) {
      throw new OutOfMemoryError("of a test");
    }
    Exception error = failure;
    if (error != null) {
      throw error;
    }
  }

  private static void beOffTheMainThread(String what) {
    if (Looper.getMainLooper().isCurrentThread()) {
      throw new AssertionError(what + " on the main thread");
    }
  }

  private void waitFor(Stop stop) throws Exception {
    CountDownLatch closed = gate;
    if (closed != null) {
      stop.onAsk(closed::countDown);
      closed.await();
      stop.check();
    }
  }

  @Override
  public List<SeenFace> recognise(byte[] photo) throws Exception {
    ask("recognise");
    waitFor(new Stop());
    return faces;
  }

  @Override
  public void agree(String inference) throws Exception {
    ask("agree " + inference);
  }

  @Override
  public void correct(String inference, String label) throws Exception {
    ask("correct " + inference + " " + label);
  }

  @Override
  public List<String> labels() {
    beOffTheMainThread("labels");
    return labels;
  }

  @Override
  public Status status() throws Exception {
    beOffTheMainThread("status");
    Exception error = unknown;
    if (error != null) {
      throw error;
    }
    return status;
  }

  @Override
  public SyncResult push(Progress progress, Stop stop) throws Exception {
    ask("push");
    progress.at(3, 12);
    waitFor(stop);
    return SyncResult.sent(12, 1_793_000_000L);
  }

  @Override
  public void retryRefused() throws Exception {
    ask("retry refused");
  }

  @Override
  public void acknowledgeDamage() throws Exception {
    ask("acknowledge damage");
    status = status.withDamage(false);
  }

  @Override
  public SyncResult pull(Progress progress, Stop stop) throws Exception {
    ask("pull");
    progress.at(0, 0);
    waitFor(stop);
    return SyncResult.current(1_793_000_000L);
  }

  @Override
  public void enrol(Invitation invitation) throws Exception {
    ask("enrol " + invitation.url() + " " + invitation.code() + " " + invitation.fingerprint());
    status = status.withGroup(GROUP, status.hasConsent());
  }

  @Override
  public void consent(boolean isGiven) throws Exception {
    ask("consent " + isGiven);
    status = status.withGroup(status.group(), isGiven);
  }

  @Override
  public void erase() throws Exception {
    ask("erase");
    status = new Status(new Samples(0, 0, 0, 0), status.release()).withGroup(status.group(), false);
    if (missesErasures) {
      throw new HalfErasedException(new UnreachableException("of a test", new IOException()));
    }
  }

  @Override
  public Choices choices() {
    beOffTheMainThread("choices");
    return choices;
  }

  @Override
  public void choose(Choices chosen) throws Exception {
    ask("choose");
    choices = chosen;
  }

  @Override
  public void close() {}
}
