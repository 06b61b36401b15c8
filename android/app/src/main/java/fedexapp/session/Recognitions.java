package fedexapp.session;

import android.util.LruCache;
import fedexapp.learner.Learner;
import fedexapp.learner.SeenFace;
import fedexapp.photo.StoredPhoto;
import java.util.Collections;
import java.util.List;
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
  private List<String> labels = Collections.emptyList();

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
    return known == null ? begin(photo) : known;
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
    jobs.run(Lane.LEARNING, () -> learner.get().recognise(photos.read(photo)), faces -> {
      recognition.found(faces);
      observers.tell();
    }, error -> fail(recognition, error));
    return recognition;
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

  private void say(String photo, String inference, String label, Word word) {
    jobs.run(Lane.LEARNING, () -> {
      word.sayTo(learner.get());
      return label;
    }, said -> takeDown(byPhoto.get(photo), inference, said), error -> fail(byPhoto.get(photo), error));
  }

  private void takeDown(@Nullable Recognition recognition, String inference, String label) {
    if (recognition != null) {
      recognition.says(inference, label);
    }
    loadLabels();
    taught.run();
    observers.tell();
  }

  /** The labels that are known; asks for them anew, and tells when they come. */
  public List<String> loadLabels() {
    jobs.run(Lane.READING, () -> learner.get().labels(), known -> {
      if (!known.equals(labels)) {
        labels = known;
        observers.tell();
      }
    }, error -> {}); // a name can be typed without them, and the same error is said where something was asked for
    return labels;
  }

  /** The labels that were known when they were last asked for. */
  public List<String> labels() {
    return labels;
  }

  /** Another release answers, or all was forgotten: what was recognised before is not true any more. */
  void forget() {
    byPhoto.evictAll();
    labels = Collections.emptyList();
  }

  /** What is said to a learner about an answer. */
  private interface Word {
    void sayTo(Learner learner) throws Exception;
  }
}
