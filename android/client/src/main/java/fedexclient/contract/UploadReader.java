package fedexclient.contract;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Opens sealed uploads, every bound first.
 *
 * <pre>
 * 8 bytes        length of the header, uint64
 * header         plain JSON: {@link UploadHeader}
 * data section   features and their codec's parameters, then a row of 22 bytes for each sample: its id, revision
 *                (uint32), label (uint16); deflated as a whole only where that makes it smaller
 * </pre>
 */
public final class UploadReader {
  /** Of a value of a feature as an upload has it: float16's largest. */
  public static final float MAX_MAGNITUDE = 65_504;

  private static final int REVISION_AT = 16;
  private static final int LABEL_AT = 20;

  private UploadReader() {}

  /** Opens an upload; what it holds is right, but may be of any space. */
  public static Upload open(byte[] data) throws ContractException {
    return open(data, UploadHeader.parse(data));
  }

  /**
   * Opens an upload as a service does, which takes those of one space from devices that compute what its bundle means.
   *
   * <p>The header is checked first: an upload of another space costs no memory.
   */
  public static Upload open(byte[] data, String space, FeatureShape shape, int leastCosinePpm)
      throws ContractException {
    UploadHeader header = UploadHeader.parse(data);
    checkSpace(header, space, shape);
    if (!header.selfTest().passes(leastCosinePpm)) {
      String expected = "a self-test of " + leastCosinePpm + " millionths at least";
      String got = Integer.toString(header.selfTest().cosinePpm());
      throw new SelfTestFailedException("upload.self_test", expected, got);
    }
    Upload upload = open(data, header);
    checkMagnitudes(upload.features());
    return upload;
  }

  private static void checkSpace(UploadHeader header, String space, FeatureShape shape) throws WrongSpaceException {
    if (!header.space().equals(space)) {
      throw new WrongSpaceException("upload.space", space, header.space());
    }
    if (!header.shape().equals(shape)) {
      throw new WrongSpaceException("upload.shape", shape.toString(), header.shape().toString());
    }
  }

  private static void checkMagnitudes(float[] features) throws ImpossibleException {
    for (float value : features) {
      if (Math.abs(value) > MAX_MAGNITUDE) {
        throw new ImpossibleException("features", "magnitudes up to " + MAX_MAGNITUDE, Float.toString(value));
      }
    }
  }

  private static Upload open(byte[] data, UploadHeader header) throws ContractException {
    boolean deflated = header.stored() < header.size();
    int start = header.layout().dataStart();
    byte[] section = deflated ? DataSection.inflate(data, start, header.size()) : data;
    Map<String, Tensor> columns = TensorFile.view(header.layout(), section, deflated ? 0 : start);
    float[] features = FeatureDecoder.decode(columns, header.codec(), header.shape(), header.count());
    @Nullable Tensor rows = columns.get(UploadHeader.SAMPLES);
    if (rows == null) {
      throw new IllegalStateException(UploadHeader.SAMPLES); // the header has it
    }
    List<Sample> samples = samples(header, features, rows.bytes());
    return new Upload(header.space(), header.selfTest(), header.shape(), samples);
  }

  private static List<Sample> samples(UploadHeader header, float[] features, ByteBuffer rows)
      throws ContractException {
    int elements = header.shape().elements();
    List<Sample> samples = new ArrayList<>();
    for (int index = 0; index < header.count(); index++) {
      int row = index * UploadHeader.ROW_BYTES;
      byte[] id = new byte[SampleIds.BYTES];
      for (int place = 0; place < id.length; place++) {
        id[place] = rows.get(row + place);
      }
      long revision = rows.getInt(row + REVISION_AT) & Sample.MAX_REVISION;
      String label = label(header.labels(), rows.getShort(row + LABEL_AT) & 0xffff);
      float[] feature = Arrays.copyOfRange(features, index * elements, (index + 1) * elements);
      samples.add(new Sample(id, revision, label, feature));
    }
    return samples;
  }

  private static String label(List<String> labels, int index) throws ImpossibleException {
    if (index >= labels.size()) {
      String expected = "integers below " + labels.size();
      throw new ImpossibleException("samples.label", expected, Integer.toString(index));
    }
    return labels.get(index);
  }
}
