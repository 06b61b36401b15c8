package fedexclient;

import fedexclient.cache.BundleSetup;
import fedexclient.contract.BundleSource;
import fedexclient.contract.ContractException;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.ModelInput;
import fedexclient.contract.TensorInput;
import fedexclient.keeping.Tester;
import fedexclient.photos.PhotoDecoder;
import fedexclient.photos.PhotoTooLargeException;
import fedexclient.recognise.NpyFile;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.Recognizer;
import java.io.IOException;
import java.io.InputStream;

/** The self-test of an open recognizer: the bundle's golden input, decoded as any photo, or read from its file. */
final class GoldenTest implements Tester {
  private final BundleSetup used;
  private final DeviceBundle bundle;
  private final BundleSource files;
  private final Recognizer recognizer;
  private final PhotoDecoder decoder;

  GoldenTest(BundleSetup used, DeviceBundle bundle, BundleSource files, Recognizer recognizer, PhotoDecoder decoder) {
    this.used = used;
    this.bundle = bundle;
    this.files = files;
    this.recognizer = recognizer;
    this.decoder = decoder;
  }

  @Override
  public BundleSetup used() {
    return used;
  }

  @Override
  public int run() throws RecogniseException, ContractException, IOException {
    ModelInput input = bundle.facts().input();
    try (InputStream golden = files.open(bundle.goldenInputName())) {
      return input instanceof TensorInput
          ? recognizer.selfTest(NpyFile.read(golden, (TensorInput) input))
          : recognizer.selfTest(decoder.decode(golden).pixels());
    } catch (OutOfMemoryError error) { // what it took is free again, and the next push tries once more
      throw new PhotoTooLargeException("golden input: there is no memory to recognise it", error);
    }
  }
}
