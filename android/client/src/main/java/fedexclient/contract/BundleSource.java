package fedexclient.contract;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** Where the files of a bundle are: a folder, or what an app was packed with. */
public interface BundleSource {
  /**
   * Opens one of a bundle's files by its fixed name.
   *
   * @throws FileNotFoundException there is none
   */
  InputStream open(String name) throws IOException;
}
