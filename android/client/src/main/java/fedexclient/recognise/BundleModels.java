package fedexclient.recognise;

import fedexclient.contract.DeviceBundle;
import fedexclient.contract.FaceParameters;
import fedexclient.contract.FileRef;
import fedexclient.contract.Manifest;
import fedexclient.contract.ModelInput;
import fedexclient.contract.PhotoInput;
import fedexclient.contract.TensorInput;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads the models of a bundle, and heads that belong to it; what does not is refused before it answers anything. */
public final class BundleModels {
  private static final String PREFIX_FILE = "prefix.tflite";
  private static final String HEAD_FILE = "head.tflite";
  private static final String DETECTOR_FILE = "detector.tflite";
  private static final String FLOAT32 = "float32";
  private static final String UINT8 = "uint8";
  private static final String FEATURE = "feature";

  /** The most rows of numbers that a detector gives. */
  private static final long MAX_ROWS = 16_384;

  private final DeviceBundle bundle;
  private final ModelSource source;
  private final ModelRuntime runtime;
  private final int threads;

  /**
   * Loads models of a bundle that was checked.
   *
   * @param threads of one run of prefix or detector
   */
  public BundleModels(DeviceBundle bundle, ModelSource source, ModelRuntime runtime, int threads) {
    this.bundle = bundle;
    this.source = source;
    this.runtime = runtime;
    this.threads = threads;
  }

  DeviceBundle bundle() {
    return bundle;
  }

  /** What the bundle takes in, float32 feature out. */
  Model prefix() throws ModelRefusedException, IOException {
    ModelInput input = bundle.facts().input();
    String dtype = input instanceof TensorInput ? ((TensorInput) input).type().toString() : UINT8;
    TensorSpec takes = TensorSpec.ofOne(input.name(), dtype, input.shape());
    return naming(PREFIX_FILE, () -> ModelLoader.check(
        open(PREFIX_FILE, bundle.prefix(), "prefix", threads), takes, feature()));
  }

  /** What finds faces; null where the bundle is not of faces. */
  @Nullable Model detector() throws ModelRefusedException, IOException {
    @Nullable FileRef file = bundle.detector();
    @Nullable FaceParameters faces = faces();
    if (file == null || faces == null) {
      return null;
    }
    long side = faces.input();
    TensorSpec takes = TensorSpec.ofOne("photo", UINT8, Arrays.asList(side, side, (long) Pixels.COLOUR));
    return naming(DETECTOR_FILE, () -> {
      Model model = open(DETECTOR_FILE, file, "detector", threads);
      List<Long> shape = model.output().shape();
      long rows = shape.size() == 3 ? Math.max(1, Math.min(shape.get(1), MAX_ROWS)) : 1;
      List<Long> numbers = Arrays.asList(rows, (long) Detections.ROW);
      return ModelLoader.check(model, takes, TensorSpec.ofOne("faces", FLOAT32, numbers));
    });
  }

  private @Nullable FaceParameters faces() {
    ModelInput input = bundle.facts().input();
    return input instanceof PhotoInput ? ((PhotoInput) input).faces() : null;
  }

  /**
   * Loads the head that came with the bundle.
   *
   * @throws ModelRefusedException it does not belong to the bundle, or does not run
   */
  Head bundledHead() throws ModelRefusedException, IOException {
    List<String> labels = bundle.labels();
    Model model = naming(HEAD_FILE, () -> checkHead(open(HEAD_FILE, bundle.head(), "head", 1), labels.size()));
    return new Head(model, labels, bundle.facts().temperature(), bundle.facts().points(), Head.BUNDLED_SERIAL);
  }

  /**
   * Loads a head that was installed.
   *
   * @throws ModelRefusedException it does not belong to the bundle or to its manifest, or does not run
   */
  Head installedHead(InstalledHead installed) throws ModelRefusedException {
    Manifest manifest = installed.manifest();
    List<String> labels = installed.labels();
    if (labels.size() != manifest.labelCount()) {
      String got = labels.size() + " labels";
      throw new ModelRefusedException("label list: expected " + manifest.labelCount() + ", got " + got);
    }
    Model opened = new ModelLoader(runtime, 1).open(installed.content(), installed.file().file(), "head");
    Model model = checkHead(opened, labels.size());
    return new Head(model, labels, manifest.temperature(), manifest.points(), manifest.serial());
  }

  private Model checkHead(Model model, int classes) throws ModelRefusedException {
    TensorSpec gives = TensorSpec.ofOne("logits", FLOAT32, Arrays.asList((long) classes));
    return ModelLoader.check(model, feature(), gives);
  }

  private TensorSpec feature() {
    return TensorSpec.ofOne(FEATURE, FLOAT32, bundle.facts().shape().sizes());
  }

  private Model open(String name, FileRef expected, String signature, int threads)
      throws ModelRefusedException, IOException {
    return new ModelLoader(runtime, threads).open(source.map(name), expected, signature);
  }

  /** Names the file that a model is from where it is refused. */
  private static Model naming(String name, Loading loading) throws ModelRefusedException, IOException {
    try {
      return loading.load();
    } catch (NoRuntimeException error) {
      throw error; // whatever the file
    } catch (ModelRefusedException error) {
      throw new ModelRefusedException(name + ": " + error.getMessage(), error);
    }
  }

  private interface Loading {
    Model load() throws ModelRefusedException, IOException;
  }
}
