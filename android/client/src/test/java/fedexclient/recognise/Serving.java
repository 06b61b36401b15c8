package fedexclient.recognise;

import fedexclient.contract.DeviceBundle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** Which head serves, for tests of what installs them. */
public final class Serving implements AutoCloseable {
  private final ServingHead serving;

  public Serving(DeviceBundle bundle, Path folder, ModelRuntime runtime, InstalledHeads heads) throws Exception {
    serving = new ServingHead(ScriptedBundle.models(bundle, folder, runtime), heads);
  }

  public void refresh() {
    serving.refresh();
  }

  public long serial() {
    return serving.head().serial();
  }

  public List<String> labels() {
    return serving.head().labels();
  }

  public List<String> warnings() {
    return serving.warnings();
  }

  public float[] logits(float[] feature) throws Exception {
    ByteBuffer values = ByteBuffer.allocate(4 * feature.length).order(ByteOrder.LITTLE_ENDIAN);
    values.asFloatBuffer().put(feature);
    return serving.head().model().run(values);
  }

  @Override
  public void close() {
    serving.close();
  }
}
