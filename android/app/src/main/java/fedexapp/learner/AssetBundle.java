package fedexapp.learner;

import android.content.res.AssetManager;
import fedexclient.contract.BundleSource;
import java.io.IOException;
import java.io.InputStream;

/** The device bundle that the app was packed with; it may have none. */
public final class AssetBundle implements BundleSource {
  private static final String FOLDER = "bundle/";

  private final AssetManager assets;

  public AssetBundle(AssetManager assets) {
    this.assets = assets;
  }

  /** Whether there is one; reads the packed app. */
  public boolean isThere() {
    try (InputStream description = open("bundle.json")) {
      return description.read() >= 0;
    } catch (IOException error) {
      return false; // what is missing and what cannot be read come as the same exception
    }
  }

  @Override
  public InputStream open(String name) throws IOException {
    return assets.open(FOLDER + name);
  }
}
