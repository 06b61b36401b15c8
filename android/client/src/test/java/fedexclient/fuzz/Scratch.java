package fedexclient.fuzz;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder for files that are written to be read, gone when this JVM ends; one thread uses it. */
final class Scratch {
  private static final Path FOLDER = made();

  private Scratch() {}

  private static Path made() {
    try {
      Path folder = Files.createTempDirectory("fedex-fuzz");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
      return folder;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static void remove(Path folder) {
    for (File file : folder.toFile().listFiles()) {
      file.delete();
    }
    folder.toFile().delete();
  }

  static Path folder() {
    return FOLDER;
  }
}
