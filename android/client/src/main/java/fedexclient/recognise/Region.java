package fedexclient.recognise;

import fedexclient.contract.Box;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What of a photo or tensor one answer is about, prepared for the prefix. */
final class Region {
  private final ByteBuffer values;
  private final @Nullable Box box;
  private final boolean isSubject;

  Region(ByteBuffer values, @Nullable Box box, boolean isSubject) {
    this.values = values;
    this.box = box;
    this.isSubject = isSubject;
  }

  static Region of(Pixels taken, @Nullable Box box, boolean isSubject) {
    return new Region(ByteBuffer.wrap(taken.values()), box, isSubject);
  }

  /** What the prefix takes, without the batch; read-only. */
  ByteBuffer values() {
    return values.asReadOnlyBuffer();
  }

  /** Of the face; null for a whole photo or tensor. */
  @Nullable Box box() {
    return box;
  }

  boolean isSubject() {
    return isSubject;
  }
}
