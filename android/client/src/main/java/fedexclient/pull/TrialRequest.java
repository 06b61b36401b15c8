package fedexclient.pull;

import fedexclient.contract.FeatureShape;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ModelSource;
import fedexclient.recognise.UntriedHead;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.Folder;
import fedexclient.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A trial as files, for a process that has nothing else of this one; messages have no room for all of it.
 *
 * <pre>
 * FOLDER/golden   the golden sample: float32, little-endian, in C order
 * FOLDER/logits   what the head answered, the same way; whole or not there
 * </pre>
 */
final class TrialRequest {
  private final Candidate candidate;
  private final FeatureShape shape;
  private final Path folder;

  TrialRequest(Candidate candidate, FeatureShape shape, Path folder) {
    this.candidate = candidate;
    this.shape = shape;
    this.folder = folder;
  }

  Candidate candidate() {
    return candidate;
  }

  /** Of the golden sample. */
  FeatureShape shape() {
    return shape;
  }

  Path folder() {
    return folder;
  }

  private AtomicFile golden() {
    return new AtomicFile(folder.resolve("golden"));
  }

  private AtomicFile logits() {
    return new AtomicFile(folder.resolve("logits"));
  }

  /** Puts the golden sample there, and removes an answer of before. */
  void prepare(float[] sample) throws StorageException {
    new Folder(folder).make();
    logits().delete();
    golden().write(bytes(sample));
  }

  /**
   * Runs the head, and writes what it answers; in the other process.
   *
   * @throws ModelRefusedException it does not belong here, or does not run
   */
  void run(ModelRuntime runtime) throws ModelRefusedException, StorageException {
    float @Nullable [] sample = floats(golden(), shape.elements());
    if (sample == null) {
      throw new StorageException(folder, new IOException("no golden sample of " + shape));
    }
    UntriedHead head = new UntriedHead(map(), candidate.reference(), shape, candidate.classes());
    logits().write(bytes(head.answer(runtime, sample)));
  }

  /** What was answered; null where it is not what was asked for. */
  float @Nullable [] answer() throws StorageException {
    return floats(logits(), candidate.classes());
  }

  /** Removes what was written. */
  void clear() throws StorageException {
    golden().delete();
    logits().delete();
  }

  private ByteBuffer map() throws StorageException {
    try {
      return ModelSource.map(candidate.file().toFile());
    } catch (IOException error) {
      throw new StorageException(candidate.file(), error);
    }
  }

  private static byte[] bytes(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    return bytes.array();
  }

  /** So many numbers, and no more; null where the file has others, or is not there. */
  private static float @Nullable [] floats(AtomicFile file, int count) throws StorageException {
    byte @Nullable [] data = file.read(4 * count);
    if (data == null || data.length != 4 * count) {
      return null;
    }
    FloatBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] numbers = new float[count];
    buffer.get(numbers);
    return numbers;
  }
}
