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

  void found(List<SeenFace> found) {
    faces = Collections.unmodifiableList(found);
  }

  void failed(@Nullable Exception error) {
    failure = error;
  }

  void says(String inference, String label) {
    said.put(inference, label);
    failure = null;
  }

  /** Whether it is not known yet who is there. */
  public boolean isRunning() {
    return faces == null && failure == null;
  }

  /** Null: not known yet. */
  public @Nullable List<SeenFace> faces() {
    return faces;
  }

  /** Why nothing was recognised, or why what was said could not be taken down. */
  public @Nullable Exception failure() {
    return failure;
  }

  /** Whether photos are to be recognised anew where this is all that is known: nothing was, or it is kept no more. */
  boolean isOver() {
    return failure != null && (faces == null || failure instanceof CacheException);
  }

  /** The label that the user gave or agreed to; null: nothing was said. */
  public @Nullable String said(SeenFace face) {
    return said.get(face.inference());
  }
}
