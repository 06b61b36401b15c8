package fedexapp.session;

import android.util.LruCache;
import fedexapp.learner.Learner;
import fedexapp.learner.SeenFace;
import fedexapp.photo.StoredPhoto;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who is in which photo, and what the user said to it. On the main thread; what blocks is done elsewhere. */
public final class Recognitions {
  private static final int KEPT = 64;

  private final Jobs jobs;
  private final OpenLearner learner;
  private final Photos photos;
  private final Runnable taught;
  private final Observers observers;
  private final LruCache<String, Recognition> byPhoto = new LruCache<>(KEPT);
  private NameList labels = NameList.NONE;

  /**
   * Begins with none.
   *
   * @param taught is run after each answer that was agreed to or corrected
   */
  Recognitions(Jobs jobs, OpenLearner learner, Photos photos, Runnable taught, Observers observers) {
    this.jobs = jobs;
    this.learner = learner;
    this.photos = photos;
    this.taught = taught;
    this.observers = observers;
  }

  /** The recognition of a photo, begun if there is none. */
  public Recognition of(StoredPhoto photo) {
    Recognition known = byPhoto.get(photo.id());
    if (known == null) {
      return begin(photo);
    }
    known.want(true);
    return known;
  }

  /** A photo is shown no more: unless that has begun, it is recognised when it is shown again. */
  public void leave(StoredPhoto photo) {
    Recognition known = byPhoto.get(photo.id());
    if (known != null) {
      known.want(false);
    }
  }

  /** A photo is opened: what turned out to be of no use when it was open before is not shown again. */
  public void open(StoredPhoto photo) {
    Recognition known = byPhoto.get(photo.id());
    if (known != null && known.isOver()) {
      byPhoto.remove(photo.id());
    }
  }

  /** Recognises a photo again. */
  public Recognition begin(StoredPhoto photo) {
    Recognition recognition = new Recognition();
    byPhoto.put(photo.id(), recognition);
    jobs.run(Lane.LEARNING, () -> recogniseIfWanted(photo, recognition), faces -> {
      if (faces.isPresent()) {
        recognition.found(faces.get());
        observers.tell();
      } else {
        passOver(photo, recognition);
      }
    }, error -> fail(recognition, error));
    return recognition;
  }

  private Optional<List<SeenFace>> recogniseIfWanted(StoredPhoto photo, Recognition recognition) throws Exception {
    return recognition.isWanted() ? Optional.of(learner.get().recognise(photos.read(photo))) : Optional.empty();
  }

  /** When its turn came, its photo was not shown; it may be by now. */
  private void passOver(StoredPhoto photo, Recognition recognition) {
    if (byPhoto.get(photo.id()) == recognition) {
      byPhoto.remove(photo.id());
      observers.tell();
    }
  }

  private void fail(@Nullable Recognition recognition, Exception error) {
    if (recognition != null) {
      recognition.failed(error);
    }
    observers.tell();
  }

  /** Agrees that a face of a photo is who it is said to be. */
  public void agree(StoredPhoto photo, SeenFace face) {
    say(photo.id(), face.inference(), face.best().label(), at -> at.agree(face.inference()));
  }

  /**
   * Says who a face of a photo is.
   *
   * @param inference of the face; it need not be shown any more, nor known to this session
   */
  public void correct(String photo, String inference, String label) {
    say(photo, inference, label, at -> at.correct(inference, label));
  }

  /** What is said does not wait for what is being recognised, and is shown at once; if it cannot be kept, no more. */
  private void say(String photo, String inference, String label, Word word) {
    Recognition recognition = byPhoto.get(photo);
    Exception problem = recognition == null ? null : recognition.problem(inference);
    if (problem != null) {
      fail(recognition, problem);
      return;
    }
    String before = recognition == null ? null : recognition.says(inference, label);
    observers.tell();
    jobs.run(Lane.READING, () -> {
      word.sayTo(learner.get());
      return label;
    }, said -> takeDown(photo, inference, said), error -> {
      if (recognition != null) {
        recognition.unsays(inference, label, before);
      }
      fail(byPhoto.get(photo), error);
    });
  }

  /** Also where the photo is recognised anew since it was said, as in another life of the app. */
  private void takeDown(String photo, String inference, String label) {
    Recognition recognition = byPhoto.get(photo);
    if (recognition != null && recognition.said(inference) == null) {
      recognition.says(inference, label);
    }
    loadLabels();
    taught.run();
    observers.tell();
  }

  /** Asks anew for the labels that are known, and tells when they come. */
  public void loadLabels() {
    jobs.run(Lane.READING, () -> new NameList(learner.get().labels()), known -> {
      if (!known.areThose(labels)) {
        labels = known;
        observers.tell();
      }
    }, error -> {}); // a name can be typed without them, and the same error is said where something was asked for
  }

  /** The labels that were known when they were last asked for. */
  public NameList labels() {
    return labels;
  }

  /** Another release answers, or all was forgotten: what was recognised before is not true any more. */
  void forget() {
    byPhoto.evictAll();
    labels = NameList.NONE;
  }

  /** What is said to a learner about an answer. */
  private interface Word {
    void sayTo(Learner learner) throws Exception;
  }
}
