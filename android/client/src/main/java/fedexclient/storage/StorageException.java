package fedexclient.storage;

import java.io.IOException;
import java.nio.file.Path;

/** A file could not be read or written: no space, no permission, a broken disk. What was kept before is still there. */
public class StorageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Says of which place, and what is wrong there. */
  public StorageException(String place, Exception cause) {
    super(place + ": " + (cause.getMessage() == null ? cause.toString() : cause.getMessage()), cause);
  }

  /** Says of which file or folder, and what the system said. */
  public StorageException(Path place, IOException cause) {
    this(place.toString(), cause);
  }
}
