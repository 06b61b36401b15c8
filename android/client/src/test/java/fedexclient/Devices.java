package fedexclient;

import android.content.Context;
import fedexclient.contract.DeviceBundle;
import fedexclient.pull.HeadTrial;
import fedexclient.pull.InProcessTrial;
import fedexclient.recognise.DesktopRuntime;
import fedexclient.recognise.ModelRuntime;
import fedexclient.service.Vault;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Devices on this machine: TensorFlow Lite for Linux runs their models, and secrets lie in the open. */
final class Devices {
  private Devices() {}

  /** A device that lives in a folder. */
  static Fedex on(Context context, Path folder, FedexOptions options) {
    return Fedex.open(context, new Desktop(folder), options);
  }

  private static final class Desktop implements Home {
    private final Path folder;

    Desktop(Path folder) {
      this.folder = folder;
    }

    @Override
    public Path folder() {
      return folder;
    }

    @Override
    public Vault vault() {
      return new OpenVault();
    }

    @Override
    public ModelRuntime runtime() {
      return new DesktopRuntime();
    }

    @Override
    public HeadTrial trial(DeviceBundle bundle) {
      return new InProcessTrial(bundle, runtime());
    }
  }

  /** Robolectric has no keystore. What a test wants to see copied is made of another byte. */
  private static final class OpenVault implements Vault {
    private static final byte MARK = 'v';

    @Override
    public byte[] seal(byte[] secret) {
      byte[] sealed = Arrays.copyOf(secret, secret.length + 1);
      sealed[secret.length] = MARK;
      return sealed;
    }

    @Override
    public byte @Nullable [] open(byte[] sealed) {
      boolean isItsOwn = sealed.length > 0 && sealed[sealed.length - 1] == MARK;
      return isItsOwn ? Arrays.copyOf(sealed, sealed.length - 1) : null;
    }
  }
}
