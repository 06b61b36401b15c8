package fedexapp.learner;

import android.content.res.AssetManager;
import java.io.IOException;
import java.io.InputStream;

/** The device bundle that the app was packed with; it may have none. */
final class PackedBundle {
  /** Among the assets. */
  static final String FOLDER = "bundle";

  private PackedBundle() {}

  /** Whether there is one; reads the packed app. */
  static boolean isThere(AssetManager assets) {
    try (InputStream description = assets.open(FOLDER + "/bundle.json")) {
      return description.read() >= 0;
    } catch (IOException error) {
      return false; // what is missing and what cannot be read come as the same exception
    }
  }
}
