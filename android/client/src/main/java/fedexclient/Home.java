package fedexclient;

import android.content.Context;
import fedexclient.contract.DeviceBundle;
import fedexclient.pull.HeadTrial;
import fedexclient.pull.IsolatedTrial;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.TfliteRuntime;
import fedexclient.service.KeystoreVault;
import fedexclient.service.Vault;
import java.nio.file.Path;

/** Where a device lives, and what of the phone it needs there. */
interface Home {
  /** Its folder, of which no backup is made. May block: Android makes the one that it is in. */
  Path folder();

  /** What keeps its secrets. */
  Vault vault();

  /** What runs its models. */
  ModelRuntime runtime();

  /** What runs heads for the first time. */
  HeadTrial trial(DeviceBundle bundle);

  /** On an Android phone. */
  static Home of(Context context) {
    return new Home() {
      @Override
      public Path folder() {
        return context.getNoBackupFilesDir().toPath().resolve("fedex");
      }

      @Override
      public Vault vault() {
        return new KeystoreVault("fedex");
      }

      @Override
      public ModelRuntime runtime() {
        return new TfliteRuntime();
      }

      @Override
      public HeadTrial trial(DeviceBundle bundle) {
        return new IsolatedTrial(context, bundle, folder().resolve("trial"));
      }
    };
  }
}
