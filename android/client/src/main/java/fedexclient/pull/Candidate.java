package fedexclient.pull;

import fedexclient.contract.FileRef;
import java.nio.file.Path;

/** A head that was downloaded and never ran here. */
public final class Candidate {
  private final Path file;
  private final FileRef reference;
  private final int classes;

  /**
   * Names it.
   *
   * @param reference what its manifest says of the file
   * @param classes how many logits it is to give
   */
  Candidate(Path file, FileRef reference, int classes) {
    this.file = file;
    this.reference = reference;
    this.classes = classes;
  }

  public Path file() {
    return file;
  }

  /** What its manifest says of the file. */
  public FileRef reference() {
    return reference;
  }

  /** How many logits it is to give. */
  public int classes() {
    return classes;
  }
}
