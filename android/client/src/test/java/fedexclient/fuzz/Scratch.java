package fedexclient.fuzz;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/** A folder for files that are written to be read, gone when this JVM ends; one thread uses it. */
final class Scratch {
  /** Linux's: what is written is flushed each time, which takes a disk most of the minute. */
  private static final Path MEMORY = Paths.get("/dev/shm");

  private static final Path FOLDER = made();

  private Scratch() {}

  private static Path made() {
    try {
      Path folder = Files.isWritable(MEMORY)
          ? Files.createTempDirectory(MEMORY, "fedex-fuzz") : Files.createTempDirectory("fedex-fuzz");
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
