package fedexclient.recognise;

import fedexclient.Missing;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Tensor;
import fedexclient.contract.TensorFile;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** A bundle, photos, and what the Python device says of them; the property fedex.fixture says where they lie. */
final class Fixture {
  static final String MISSING = "no bundle that the Python side exported: make install, then make test-android";

  private static final Path FOLDER = Paths.get(System.getProperty("fedex.fixture", "../../build/android-fixture"));

  private final Path folder;
  private final Path place;

  private Fixture(Path folder, Path place) {
    this.folder = folder;
    this.place = place;
  }

  /** The fixture and TensorFlow Lite's library of an APK, or a test that is skipped for the reason said. */
  static Fixture require() {
    Missing.unless(isThere(), MISSING);
    ApkTflite.require();
    return here();
  }

  /** The same photos, with a bundle whose prefix is of float32: all runtimes compute the same. */
  static Fixture requireFloats() {
    return require().withFloats();
  }

  static boolean isThere() {
    return Files.exists(FOLDER.resolve("done"));
  }

  static Fixture here() {
    return new Fixture(FOLDER, FOLDER);
  }

  Fixture withFloats() {
    return new Fixture(folder, folder.resolve("float"));
  }

  DeviceBundle bundle() throws Exception {
    return DeviceBundle.read(new BundleFolder(bundleFolder()));
  }

  File bundleFolder() {
    return place.resolve("bundle").toFile();
  }

  BundleModels models() throws Exception {
    return models(new TfliteRuntime());
  }

  BundleModels models(ModelRuntime runtime) throws Exception {
    return new BundleModels(bundle(), ModelSource.folder(bundleFolder()), runtime, 1);
  }

  List<Path> photos() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("photos"))) {
      return files.sorted().collect(Collectors.toList());
    }
  }

  /** What the Python device says, face by face. */
  Map<String, Tensor> expected() throws Exception {
    return tensors("expected.tensors");
  }

  /** The same by the Python device on boards, with the prefix of dynamic range; null: no such runtime was there. */
  @Nullable Map<String, Tensor> expectedOnBoards() throws Exception {
    return Files.exists(folder.resolve("boards.tensors")) ? tensors("boards.tensors") : null;
  }

  private Map<String, Tensor> tensors(String name) throws Exception {
    return TensorFile.parse(Files.readAllBytes(place.resolve(name))).tensors();
  }

  /** Decodes a PNG of 8 bits a channel. */
  static Pixels decode(File file) throws IOException, PhotoException {
    BufferedImage image = ImageIO.read(file);
    int width = image.getWidth();
    return Pixels.ofRows(width, image.getHeight(), (y, row) -> image.getRGB(0, y, width, 1, row, 0, width));
  }
}
