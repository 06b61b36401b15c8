package fedexclient.recognise;

import fedexclient.contract.HeadFile;
import fedexclient.contract.Manifest;
import java.nio.ByteBuffer;
import java.util.List;

/** A head that was installed: its file, its labels, and the manifest that was judged. */
public final class InstalledHead {
  private final Manifest manifest;
  private final HeadFile file;
  private final List<String> labels;
  private final ByteBuffer content;

  /**
   * Makes one of its parts.
   *
   * @param file which of the manifest's heads it is
   * @param labels of the manifest's label list
   * @param content of the file, as mapped
   */
  public InstalledHead(Manifest manifest, HeadFile file, List<String> labels, ByteBuffer content) {
    this.manifest = manifest;
    this.file = file;
    this.labels = labels;
    this.content = content;
  }

  public Manifest manifest() {
    return manifest;
  }

  /** Which of the manifest's heads it is. */
  public HeadFile file() {
    return file;
  }

  /** Class by class. */
  public List<String> labels() {
    return labels;
  }

  /** Of the file, as mapped. */
  public ByteBuffer content() {
    return content;
  }
}
