package fedexclient;

import android.os.Build;
import android.os.Process;
import fedexclient.cache.BundleSetup;
import fedexclient.contract.ContractException;
import fedexclient.contract.DeviceBundle;
import fedexclient.heads.HeadStore;
import fedexclient.keeping.SetupNames;
import fedexclient.keeping.Tester;
import fedexclient.photos.PhotoDecoder;
import fedexclient.recognise.BundleModels;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.Pixels;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.Recognizer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The bundle of a device, read when it is first needed, and what runs its models. */
final class Models {
  private static final long HEAP_BYTES_A_PIXEL = 8;

  private final FedexOptions options;
  private final ModelRuntime runtime;
  private final HeadStore heads;
  private final PhotoDecoder decoder = new PhotoDecoder(maxPixels(Runtime.getRuntime().maxMemory()));
  private @Nullable DeviceBundle bundle;

  Models(FedexOptions options, ModelRuntime runtime, HeadStore heads) {
    this.options = options;
    this.runtime = runtime;
    this.heads = heads;
  }

  /** The pixels of a photo whose bytes, three a pixel, take three eighths of a heap. */
  static int maxPixels(long heapBytes) {
    return (int) Math.max(1, Math.min(Pixels.MAX_PIXELS, heapBytes / HEAP_BYTES_A_PIXEL));
  }

  synchronized DeviceBundle bundle() throws ModelRefusedException, IOException {
    DeviceBundle known = bundle;
    if (known == null) {
      try {
        known = DeviceBundle.read(options.files());
      } catch (ContractException error) {
        throw new ModelRefusedException("bundle: " + error.getMessage(), error);
      }
      bundle = known;
    }
    return known;
  }

  PhotoDecoder decoder() {
    return decoder;
  }

  /** Opens the models, for the thread that asks. */
  Recognizer open() throws ModelRefusedException, IOException {
    BundleModels models = new BundleModels(bundle(), options.models(), runtime, options.threads());
    return Recognizer.open(models, heads, options.top());
  }

  /** What computes features here. */
  BundleSetup setup() throws ModelRefusedException, IOException {
    SetupNames names = new SetupNames(options.app(), Build.VERSION.RELEASE, Build.MODEL + " " + abi());
    return names.of(bundle(), runtime.name(), options.threads());
  }

  /** Of this process: an app may bring libraries of 32 bits alone to a phone of 64. */
  private static String abi() {
    String[] abis = Process.is64Bit() ? Build.SUPPORTED_64_BIT_ABIS : Build.SUPPORTED_32_BIT_ABIS;
    return abis.length == 0 ? "" : abis[0];
  }

  /** The self-test of models that are open. */
  Tester tester(Recognizer recognizer) throws ModelRefusedException, IOException {
    return new GoldenTest(setup(), bundle(), options.files(), recognizer, decoder);
  }

  /** A self-test that opens models where it is run, and closes them. */
  Tester tester() throws ModelRefusedException, IOException {
    BundleSetup used = setup();
    return new Tester() {
      @Override
      public BundleSetup used() {
        return used;
      }

      @Override
      public int run() throws RecogniseException, ContractException, IOException {
        try (Recognizer recognizer = open()) {
          return tester(recognizer).run();
        }
      }
    };
  }
}
