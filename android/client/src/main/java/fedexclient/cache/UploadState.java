package fedexclient.cache;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where a sealed upload stands. */
public enum UploadState {
  WAITING,
  ACKNOWLEDGED,
  REFUSED;

  /** The state of a word of the cache; null where it is none. */
  static @Nullable UploadState of(String word) {
    for (UploadState state : values()) {
      if (state.toString().equals(word)) {
        return state;
      }
    }
    return null;
  }

  /** Its word in the cache. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
