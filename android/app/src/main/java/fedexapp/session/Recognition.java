package fedexapp.session;

import fedexapp.learner.SeenFace;
import fedexclient.cache.CacheException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of recognising one photo, as far as it is known, and what was said to it. On the main thread. */
public final class Recognition {
  private @Nullable List<SeenFace> faces;
  private @Nullable Exception failure;
  private final Map<String, String> said = new HashMap<>();
  private volatile boolean isWanted = true;

  void found(List<SeenFace> found) {
    faces = Collections.unmodifiableList(found);
  }

  void failed(@Nullable Exception error) {
    failure = error;
  }

  /** Shows what the user says at once; returns what was shown before. */
  @Nullable String says(String inference, String label) {
    failure = faces == null ? failure : null;
    return said.put(inference, label);
  }

  /** It could not be kept: what was said before is shown again, unless something else was said meanwhile. */
  void unsays(String inference, String label, @Nullable String before) {
    if (!label.equals(said.get(inference))) {
      return;
    }
    if (before == null) {
      said.remove(inference);
    } else {
      said.put(inference, before);
    }
  }

  void want(boolean isShown) {
    isWanted = isShown;
  }

  /** Whether its photo is shown; asked by any thread. */
  boolean isWanted() {
    return isWanted;
  }

  /** Why nothing can be said of one of its answers; null: something can, or it is not known here. */
  @Nullable Exception problem(String inference) {
    for (SeenFace face : faces == null ? Collections.<SeenFace>emptyList() : faces) {
      if (face.inference().equals(inference)) {
        return face.problem();
      }
    }
    return null;
  }

  /** Whether it is not known yet who is there. */
  public boolean isRunning() {
    return faces == null && failure == null;
  }

  /** Null: not known yet. */
  public @Nullable List<SeenFace> faces() {
    return faces;
  }

  /** Why nothing was recognised, or why what was said could not be kept. */
  public @Nullable Exception failure() {
    return failure;
  }

  /** Whether photos are to be recognised anew where this is all that is known: nothing was, or it is kept no more. */
  boolean isOver() {
    return failure != null && (faces == null || failure instanceof CacheException);
  }

  /** The label that the user gave or agreed to; null: nothing was said. */
  public @Nullable String said(SeenFace face) {
    return said(face.inference());
  }

  @Nullable String said(String inference) {
    return said.get(inference);
  }
}
