package fedexclient.pull;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.Channel;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Precision;
import fedexclient.contract.Sha256;
import fedexclient.heads.HeadStore;
import fedexclient.recognise.PlainRuntime;
import fedexclient.recognise.ScriptedBundle;
import fedexclient.recognise.Serving;
import fedexclient.service.Identity;
import fedexclient.service.Stop;
import fedexclient.trust.Signer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A device that is enrolled, with the golden bundle, a clock that is right and a service of its own. */
final class Scene {
  static final String DEVICE = "d".repeat(16);
  static final List<String> FOUR = List.of("Ada", "Ben", "Cleo", "Zoe");
  static final List<String> THREE = FOUR.subList(0, 3);

  final DeviceBundle bundle;
  final Path bundleFolder;
  final HeadStore heads;
  final StubService service = new StubService();
  final byte[] four = PlainRuntime.model("head", 4, 4, 5);
  final byte[] three = PlainRuntime.model("head", 4, 3, 5);
  final Stop stop = new Stop();
  HeadTrial trial;
  Channel channel = Channel.BEST;
  Precision precision = Precision.FLOAT32;
  double now = Release.ISSUED + 60;
  LaterKeys later = (service, envelope) -> identity().key();
  WhoNow who = Scene::identity;
  PullListener progress = (done, total) -> {};
  UpdateStep.Watcher watcher = step -> {};

  Scene(Path folder) throws Exception {
    bundleFolder = folder.resolve("bundle");
    if (Files.exists(bundleFolder)) {
      bundle = DeviceBundle.read(new BundleFolder(bundleFolder.toFile()));
    } else {
      bundle = ScriptedBundle.copy("device-bundle", Files.createDirectory(bundleFolder));
    }
    heads = new HeadStore(folder.resolve("heads"));
    trial = new InProcessTrial(bundle, new PlainRuntime());
  }

  static Identity identity() {
    return identity(Release.GROUP);
  }

  static Identity identity(String group) {
    try {
      return new Identity("https://example.org", DEVICE, "t".repeat(43), group, Signer.golden().key(),
          Signer.golden().key(), new byte[32], 0, false);
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  Release release(byte[] head, long serial, List<String> labels) throws Exception {
    return new Release(bundle, head, serial, labels);
  }

  /** Publishes a head of four or three classes. */
  Release publish(byte[] head, long serial) throws Exception {
    return release(head, serial, Arrays.equals(head, three) ? THREE : FOUR).publish(service);
  }

  PullReport pull() throws Exception {
    Subscription followed = new Subscription(bundle, identity(), channel, precision);
    return new Updater(followed, heads, trial, () -> now, progress, watcher).pull(service, later, who, stop);
  }

  Serving recognise() throws Exception {
    return new Serving(bundle, bundleFolder, new PlainRuntime(), heads);
  }

  /** The serial of the head that answers, of which nothing is wrong. */
  long serving() throws Exception {
    try (Serving serving = recognise()) {
      return serving.serial();
    }
  }

  Path object(byte[] data) {
    return heads.objects().object(Sha256.hex(data));
  }

  Path partial(byte[] data) throws Exception {
    Path partial = heads.objects().partial(Sha256.hex(data));
    Files.createDirectories(partial.getParent());
    return partial;
  }

  /** The names of the objects, whole or on their way. */
  Set<String> files() throws Exception {
    try (Stream<Path> files = Files.walk(heads.directory())) {
      return files.filter(Files::isRegularFile).map(one -> one.getFileName().toString())
          .filter(one -> !Set.of("lock", "current", "floors").contains(one)).collect(Collectors.toSet());
    }
  }
}
