package fedexclient.recognise;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.TensorInput;
import java.io.ByteArrayInputStream;

/** A golden input of tensors, as bytes that somebody may have changed. */
public final class KeptTensor {
  private static final TensorInput INPUT = input();

  private KeptTensor() {}

  private static TensorInput input() {
    try {
      return (TensorInput) DeviceBundle.read(
          new BundleFolder(Golden.folder().resolve("device-bundle-tensor").toFile())).facts().input();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  /** Reads a file. */
  public static void read(byte[] data) throws Exception {
    try {
      NpyFile.read(new ByteArrayInputStream(data), INPUT);
    } catch (TensorException expected) {
      // typed: what a caller is ready for
    }
  }
}
