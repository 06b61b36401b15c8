package fedexclient.recognise;

import fedexclient.contract.DeviceBundle;
import fedexclient.contract.ModelInput;
import fedexclient.contract.PhotoInput;
import fedexclient.contract.SelfTest;
import fedexclient.contract.Strictness;
import fedexclient.contract.TensorInput;
import fedexclient.contract.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recognises photos or tensors: regions, prefix, feature, head, answer. It keeps nothing.
 *
 * <p>Open it once and use it again and again, in one thread: each has models of its own.
 */
public final class Recognizer implements AutoCloseable {
  private final DeviceBundle bundle;
  private final Model prefix;
  private final @Nullable Model detector;
  private final @Nullable RegionFinder regions;
  private final int top;
  private final ServingHead serving;
  private @Nullable Strictness strictness;

  private Recognizer(BundleModels models, Model prefix, @Nullable Model detector, ServingHead serving, int top) {
    this.bundle = models.bundle();
    this.prefix = prefix;
    this.detector = detector;
    this.serving = serving;
    this.top = top;
    ModelInput input = bundle.facts().input();
    this.regions = input instanceof PhotoInput ? new RegionFinder((PhotoInput) input, detector) : null;
  }

  /**
   * Opens the models of a bundle, and the head that serves.
   *
   * @param heads those that are installed; null: the bundle's own head answers
   * @param top how many labels an answer has, at least 1
   * @throws ModelRefusedException a model that does not belong to the bundle, or does not run
   * @throws IOException one that cannot be read
   */
  public static Recognizer open(BundleModels models, @Nullable InstalledHeads heads, int top)
      throws ModelRefusedException, IOException {
    List<Model> opened = new ArrayList<>();
    try {
      Model prefix = kept(models.prefix(), opened);
      @Nullable Model detector = models.detector();
      if (detector != null) {
        opened.add(detector);
      }
      return new Recognizer(models, prefix, detector, new ServingHead(models, heads), top);
    } catch (ModelRefusedException | IOException | RuntimeException error) {
      for (Model model : opened) {
        model.close();
      }
      throw error;
    }
  }

  private static Model kept(Model model, List<Model> opened) {
    opened.add(model);
    return model;
  }

  /** Of which release the head is that answers now; 0: the bundle's. */
  public long headSerial() {
    return serving.head().serial();
  }

  /** What was stepped over for that head, and why. */
  public List<String> warnings() {
    return serving.warnings();
  }

  /** Chooses when "unknown" is answered, from the next answer on; null: as the group's operator chose. */
  public void setStrictness(@Nullable Strictness choice) {
    strictness = choice;
  }

  /**
   * Answers a photo, upright and in colour: of a bundle of faces each face, widest first, and nothing where there is
   * none; of any other bundle once.
   *
   * @throws PhotoException the bundle takes no photos, or this is not one in colour
   * @throws ModelRefusedException a model gives numbers that are not finite
   */
  public List<Answer> recognise(Pixels photo) throws PhotoException, ModelRefusedException {
    List<Region> found = find(photo);
    serving.refresh();
    Head head = serving.head();
    List<Answer> answers = new ArrayList<>();
    for (Region region : found) {
      float[] feature = prefix.run(region.values());
      checkFinite(feature, "prefix: expected a finite feature");
      float[] logits = head.model().run(bytesOf(feature));
      checkFinite(logits, "head: expected finite logits");
      answers.add(answer(region, feature, logits, head));
    }
    return Collections.unmodifiableList(answers);
  }

  private List<Region> find(Pixels photo) throws PhotoException, ModelRefusedException {
    if (regions == null) {
      throw new PhotoException("expected " + bundle.facts().input() + ", got a photo");
    }
    if (photo.channels() != Pixels.COLOUR) {
      throw new PhotoException("photo: expected red, green and blue, got " + photo);
    }
    return regions.find(photo);
  }

  private static void checkFinite(float[] numbers, String expected) throws ModelRefusedException {
    if (!Finite.isFinite(numbers)) {
      throw new ModelRefusedException(expected + ", got NaN or infinity");
    }
  }

  private Answer answer(Region region, float[] feature, float[] logits, Head head) {
    double threshold = head.points().thresholdAt(strictness);
    Ranking ranking = Ranking.of(logits, head.labels(), head.temperature(), threshold, top);
    return new Answer(ranking, feature, head.serial(), region.box(), region.isSubject());
  }

  /**
   * Answers a tensor.
   *
   * @param values of the input's dtype and shape, in C order, little-endian
   * @throws TensorException the bundle takes photos, or these are not its numbers, or they are too far from those known
   * @throws ModelRefusedException a model that does not run
   */
  public Answer recogniseTensor(byte[] values) throws TensorException, ModelRefusedException {
    checkTensor(values);
    float[] feature = prefix.run(ByteBuffer.wrap(values).asReadOnlyBuffer());
    serving.refresh();
    Head head = serving.head();
    float[] logits = Finite.isFinite(feature) ? head.model().run(bytesOf(feature)) : feature;
    if (!Finite.isFinite(logits)) {
      throw new TensorException("tensor: expected numbers that the network can take, got a NaN or an infinity of them");
    }
    return answer(new Region(ByteBuffer.wrap(values), null, true), feature, logits, head);
  }

  private void checkTensor(byte[] values) throws TensorException {
    ModelInput input = bundle.facts().input();
    if (!(input instanceof TensorInput)) {
      throw new TensorException("expected " + input + ", got a tensor");
    }
    TensorType type = ((TensorInput) input).type();
    if (values.length != prefix.input().elements() * (long) type.bytes()) {
      throw new TensorException("tensor: expected " + input + ", got " + values.length + " bytes");
    }
    if (type == TensorType.FLOAT32) {
      float[] numbers = new float[prefix.input().elements()];
      FloatBuffer floats = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      floats.get(numbers);
      if (!Finite.isFinite(numbers)) {
        throw new TensorException("tensor: expected finite numbers, got NaN or infinity");
      }
    }
  }

  private static ByteBuffer bytesOf(float[] feature) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * feature.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(feature);
    return bytes;
  }

  /**
   * Tests what computes features here: the bundle's golden input, decoded as any photo.
   *
   * @return the cosine of its feature to the bundle's, in millionths; 0 where no face is found
   */
  public int selfTest(Pixels goldenInput) throws PhotoException, ModelRefusedException {
    for (Region region : find(goldenInput)) {
      if (region.isSubject()) {
        return SelfTest.compare(bundle.goldenFeature(), prefix.run(region.values()));
      }
    }
    return 0;
  }

  /**
   * Tests what computes features here, of a bundle that takes tensors: by its golden input.
   *
   * @return the cosine of its feature to the bundle's, in millionths
   */
  public int selfTest(byte[] goldenInput) throws TensorException, ModelRefusedException {
    checkTensor(goldenInput);
    return SelfTest.compare(bundle.goldenFeature(), prefix.run(ByteBuffer.wrap(goldenInput).asReadOnlyBuffer()));
  }

  @Override
  public void close() {
    prefix.close();
    if (detector != null) {
      detector.close();
    }
    serving.close();
  }
}
