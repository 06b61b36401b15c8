package fedexclient.cache;

import fedexclient.contract.Box;
import fedexclient.contract.SampleIds;
import fedexclient.recognise.Answer;
import fedexclient.recognise.Ranked;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one inference adds. */
public final class NewInference {
  /** Of one answer: as many as the Python device keeps, and far less than {@link StoredJson} reads. */
  static final int MAX_RESULTS = 20;

  private final byte[] photo;
  private final @Nullable Box box;
  private final float[] feature;
  private final List<Ranked> results;
  private final boolean isUnknown;
  private final long headSerial;
  private final BundleSetup computedBy;
  private final long takenMs;

  NewInference(byte[] photo, @Nullable Box box, float[] feature, List<Ranked> results, boolean isUnknown,
      long headSerial, BundleSetup computedBy, long takenMs) {
    if (photo.length != SampleIds.BYTES) {
      throw new IllegalArgumentException("photo: expected " + SampleIds.BYTES + " bytes, got " + photo.length);
    }
    this.photo = photo;
    this.box = box;
    this.feature = feature;
    this.results = results.subList(0, Math.min(results.size(), MAX_RESULTS));
    this.isUnknown = isUnknown;
    this.headSerial = headSerial;
    this.computedBy = computedBy;
    this.takenMs = takenMs;
  }

  /**
   * What an answer adds; of its labels the best twenty.
   *
   * @param photo 16 bytes: the id of the photo, or of the tensor, by {@link SampleIds} and the cache's secret
   * @param computedBy what computed the feature
   * @param takenMs Unix milliseconds
   */
  public static NewInference of(byte[] photo, Answer answer, BundleSetup computedBy, long takenMs) {
    return new NewInference(photo.clone(), answer.box(), answer.feature(), answer.results(), answer.isUnknown(),
        answer.headSerial(), computedBy, takenMs);
  }

  byte[] photo() {
    return photo;
  }

  /** Of a face in the photo; null: it is about the whole. */
  @Nullable Box box() {
    return box;
  }

  /** Float32, little-endian, C order. */
  byte[] featureBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * feature.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(feature);
    return bytes.array();
  }

  /** The best, best first. */
  List<Ranked> results() {
    return results;
  }

  boolean isUnknown() {
    return isUnknown;
  }

  long headSerial() {
    return headSerial;
  }

  BundleSetup computedBy() {
    return computedBy;
  }

  long takenMs() {
    return takenMs;
  }
}
