package fedexclient.contract;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One conversion of a release's head.
 *
 * <p>Its logits stay in their base64 until they are asked for: those of 65,536 classes in three precisions would take
 * more memory than all else of a manifest, and a device compares those of one precision at a time.
 */
public final class HeadFile {
  private final FileRef file;
  private final Fields fields;
  private final int classes;

  private HeadFile(FileRef file, Fields fields, int classes) {
    this.file = file;
    this.fields = fields;
    this.classes = classes;
  }

  static HeadFile parse(Fields fields, int classes) throws ContractException {
    Logits.parse(fields, classes); // checked, and let go of again
    return new HeadFile(FileRef.parse(fields, Manifest.MAX_MODEL_BYTES), fields, classes);
  }

  public FileRef file() {
    return file;
  }

  /** What this file answers to the golden sample, class by class; decoded anew each time. */
  public float[] logits() {
    try {
      return Logits.parse(fields, classes);
    } catch (ContractException error) {
      throw new IllegalStateException(error); // they were right before
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HeadFile && ((HeadFile) other).file.equals(file)
        && Arrays.equals(((HeadFile) other).logits(), logits());
  }

  @Override
  public int hashCode() {
    return file.hashCode();
  }
}
