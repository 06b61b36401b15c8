package fedexapp.learner;

import android.content.Context;
import android.content.SharedPreferences;

/** Which version of the app was the last one to begin, kept in the app's preferences. Not for the main thread. */
final class LastVersion {
  private static final String VERSION = "version";

  private final SharedPreferences preferences;

  LastVersion(Context context) {
    preferences = context.getSharedPreferences("last-version", Context.MODE_PRIVATE);
  }

  boolean is(String version) {
    return version.equals(preferences.getString(VERSION, null));
  }

  /** Keeps it; where that does not work, the app is taken for an updated one the next time, too. */
  void keep(String version) {
    preferences.edit().putString(VERSION, version).apply();
  }
}
