package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Seals uploads: the same samples in the same order give the same bytes, as far as the platform's zlib does. */
public final class UploadWriter {
  /** A feature within this decodes within what an upload may have, in every codec. */
  public static final float SAFE_MAGNITUDE = 60_000;

  private UploadWriter() {}

  /**
   * Seals an upload; its name is the sha256 of the bytes.
   *
   * @throws ImpossibleException a feature that the codec cannot hold
   * @throws TooLargeException the upload would pass a bound; split it
   */
  public static byte[] seal(Upload upload, Codec codec) throws ContractException {
    checkSize(upload);
    List<String> labels = labels(upload);
    Map<String, Tensor> columns = new LinkedHashMap<>();
    columns.putAll(FeatureEncoder.encode(upload.features(), codec, upload.shape()));
    columns.put(UploadHeader.SAMPLES, rows(upload, labels));
    byte[] section = TensorFile.of(columns, Collections.emptyMap()).encodeSection();
    byte[] stored = DataSection.store(section);
    Map<String, Object> metadata = UploadHeader.document(upload, codec, labels, section.length, stored.length);
    byte[] data = TensorFile.join(TensorFile.of(columns, metadata).encodeHeader(), stored);
    UploadHeader.parse(data);
    return data;
  }

  /**
   * Refuses a feature that some codec may not hold, so that feedback on it is never asked for in vain.
   *
   * @throws ImpossibleException a number beyond {@link #SAFE_MAGNITUDE}, NaN or infinity
   */
  public static void checkSafe(float[] feature) throws ImpossibleException {
    for (float value : feature) {
      if (!(Math.abs(value) <= SAFE_MAGNITUDE)) {
        throw new ImpossibleException("feature", "magnitudes up to " + SAFE_MAGNITUDE, Float.toString(value));
      }
    }
  }

  /** What one sample takes of the data section before that is deflated. */
  public static long sampleBytes(Codec codec, FeatureShape shape) {
    int parameters = codec.isQuantised() ? TensorDtype.F32.bytes() + TensorDtype.U8.bytes() : 0;
    return codec.width(shape.elements()) * codec.dtype().bytes() + parameters + UploadHeader.ROW_BYTES;
  }

  /** Before anything is allocated by it; the reader of a header checks the same. */
  private static void checkSize(Upload upload) throws TooLargeException {
    int count = upload.samples().size();
    if (count > UploadHeader.MAX_SAMPLES) {
      throw new TooLargeException(
          "upload", "at most " + UploadHeader.MAX_SAMPLES + " samples", Integer.toString(count));
    }
    long decoded = 4L * count * upload.shape().elements();
    if (decoded > UploadHeader.MAX_INFLATED_BYTES) {
      String expected = "at most " + UploadHeader.MAX_INFLATED_BYTES + " bytes";
      throw new TooLargeException("upload features", expected, decoded + " bytes");
    }
  }

  /** In the order of their first use. */
  private static List<String> labels(Upload upload) {
    LinkedHashSet<String> labels = new LinkedHashSet<>();
    for (Sample sample : upload.samples()) {
      labels.add(sample.label());
    }
    return new ArrayList<>(labels);
  }

  private static Tensor rows(Upload upload, List<String> labels) {
    int count = upload.samples().size();
    ByteBuffer rows = ByteBuffer.allocate(count * UploadHeader.ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Sample sample : upload.samples()) {
      rows.put(sample.id()).putInt((int) sample.revision()).putShort((short) labels.indexOf(sample.label()));
    }
    return Tensor.of(TensorDtype.U8, rows.array(), count, UploadHeader.ROW_BYTES);
  }
}
