package fedexclient;

import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import fedexclient.contract.BundleSource;
import fedexclient.recognise.ModelSource;
import fedexclient.storage.Uninterrupted;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A device bundle that an app is packed with, as a folder of its assets. Its models are mapped into memory where they
 * lie in the APK, so they must be stored there as they are: aapt2's {@code -0 .tflite}, or {@code noCompress} in Gradle.
 */
final class AssetBundle implements BundleSource, ModelSource {
  private final AssetManager assets;
  private final String folder;

  AssetBundle(AssetManager assets, String folder) {
    this.assets = assets;
    this.folder = folder;
  }

  @Override
  public InputStream open(String name) throws IOException {
    return assets.open(folder + "/" + name, AssetManager.ACCESS_STREAMING);
  }

  @Override
  public ByteBuffer map(String name) throws IOException {
    return Uninterrupted.run(() -> {
      try (AssetFileDescriptor asset = assets.openFd(folder + "/" + name);
          FileInputStream file = asset.createInputStream()) {
        return ModelSource.map(file, asset.getStartOffset(), asset.getLength());
      }
    });
  }
}
