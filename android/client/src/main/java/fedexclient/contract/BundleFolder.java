package fedexclient.contract;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A bundle that lies in a folder. */
public final class BundleFolder implements BundleSource {
  private final File folder;

  public BundleFolder(File folder) {
    this.folder = folder;
  }

  @Override
  public InputStream open(String name) throws IOException {
    return new FileInputStream(new File(folder, name));
  }
}
