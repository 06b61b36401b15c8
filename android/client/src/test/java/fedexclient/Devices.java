package fedexclient;

import android.content.Context;
import fedexclient.contract.DeviceBundle;
import fedexclient.pull.HeadTrial;
import fedexclient.pull.InProcessTrial;
import fedexclient.recognise.DesktopRuntime;
import fedexclient.recognise.ModelRuntime;
import fedexclient.service.Vault;
import fedexclient.service.VaultException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Devices on this machine, where secrets lie in the open. */
final class Devices {
  /** The name of a phone whose keystore has lost its key. */
  static final String LOST_KEY = "lost";

  private Devices() {}

  /** A device that lives in a folder; TensorFlow Lite for Linux runs its models. */
  static Fedex on(Context context, Path folder, FedexOptions options) {
    return Fedex.open(context, new Desktop(folder, new DesktopRuntime(), "this"), options);
  }

  /** One whose models are run otherwise, on a phone that opens what was sealed on one of the same name. */
  static Fedex on(Context context, Path folder, FedexOptions options, ModelRuntime runtime, String phone) {
    return Fedex.open(context, new Desktop(folder, runtime, phone), options);
  }

  private static final class Desktop implements Home {
    private final Path folder;
    private final ModelRuntime runtime;
    private final String phone;

    Desktop(Path folder, ModelRuntime runtime, String phone) {
      this.folder = folder;
      this.runtime = runtime;
      this.phone = phone;
    }

    @Override
    public Path folder() {
      return folder;
    }

    @Override
    public Vault vault() {
      return new OpenVault(phone);
    }

    @Override
    public ModelRuntime runtime() {
      return runtime;
    }

    @Override
    public HeadTrial trial(DeviceBundle bundle) {
      return new InProcessTrial(bundle, runtime);
    }
  }

  /** Robolectric has no keystore. The last byte says on which phone something was sealed. */
  private static final class OpenVault implements Vault {
    private final byte mark;
    private boolean isLost;

    OpenVault(String phone) {
      this.mark = (byte) phone.hashCode();
      this.isLost = phone.equals(LOST_KEY);
    }

    @Override
    public void renew() {
      isLost = false;
    }

    @Override
    public byte[] seal(byte[] secret) throws VaultException {
      check();
      byte[] sealed = Arrays.copyOf(secret, secret.length + 1);
      sealed[secret.length] = mark;
      return sealed;
    }

    @Override
    public byte @Nullable [] open(byte[] sealed) throws VaultException {
      check();
      boolean isItsOwn = sealed.length > 0 && sealed[sealed.length - 1] == mark;
      return isItsOwn ? Arrays.copyOf(sealed, sealed.length - 1) : null;
    }

    private void check() throws VaultException {
      if (isLost) {
        throw new VaultException("keystore", new Exception("expected a key, got none"));
      }
    }
  }
}
