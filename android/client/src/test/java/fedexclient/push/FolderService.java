package fedexclient.push;

import fedexclient.contract.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A service that keeps uploads in a folder, whoever is killed: a file for each id, as the real one counts an id once.
 */
final class FolderService extends UploadService {
  private static final String ASKED = ".asked";

  private final Path folder;
  private final long slowMs;

  /** Takes so long for each upload, before and after it is kept. */
  FolderService(Path folder, long slowMs) {
    this.folder = folder;
    this.slowMs = slowMs;
  }

  @Override
  public void upload(byte[] body, String space, String upload) {
    try {
      String line = upload + "\n";
      Files.write(folder.resolve(ASKED), line.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      Thread.sleep(slowMs);
      keep(body, upload);
      Thread.sleep(slowMs);
    } catch (IOException | InterruptedException error) {
      throw new AssertionError(error);
    }
  }

  private void keep(byte[] body, String upload) throws IOException {
    if (!Sha256.hex(body).equals(upload)) {
      throw new AssertionError("expected the bytes of " + upload);
    }
    Path whole = folder.resolve(upload);
    if (!Files.exists(whole)) {
      Path part = folder.resolve("." + upload);
      Files.write(part, body);
      Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  @Override
  public boolean hasUpload(String space, String upload) {
    return Files.exists(folder.resolve(upload));
  }

  /** How often an upload was sent. */
  int asked() throws IOException {
    Path asked = folder.resolve(ASKED);
    return Files.exists(asked) ? Files.readAllLines(asked).size() : 0;
  }

  /** The bodies that it has. */
  List<byte[]> bodies() throws IOException {
    List<byte[]> bodies = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.getFileName().toString().startsWith(".")) {
          bodies.add(Files.readAllBytes(file));
        }
      }
    }
    return bodies;
  }
}
