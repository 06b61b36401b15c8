package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleGoldenTest {
  private static final float[] FEATURE = {0.5f, -1.25f, 3f, 0f};

  @TempDir Path folder;

  private static DeviceBundle read(String name) throws Exception {
    return DeviceBundle.read(new BundleFolder(Golden.folder().resolve(name).toFile()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"device-bundle", "device-bundle-faces", "device-bundle-tensor"})
  void a_golden_bundle_is_read(String name) throws Exception {
    DeviceBundle bundle = read(name);
    assertEquals("freeze6", bundle.facts().cut());
    assertEquals("Bottleneck_BatchNorm", bundle.facts().layer());
    assertEquals(FeatureShape.of(4), bundle.facts().shape());
    assertEquals(1.25, bundle.facts().temperature());
    assertEquals(0.5, bundle.facts().points().threshold());
    assertEquals(990_000, bundle.facts().leastCosinePpm());
    assertEquals(List.of("Ada Lovelace", "明子"), bundle.labels());
    assertArrayEquals(FEATURE, bundle.golden());
    assertArrayEquals(new float[] {2f, -0.5f}, bundle.logits());
    assertEquals(Sha256.hex(Golden.bytes(name + "/bundle.json")), bundle.sha256());
  }

  @Test
  void the_prefix_of_the_first_takes_a_photo() throws Exception {
    DeviceBundle bundle = read("device-bundle");
    PhotoInput input = (PhotoInput) bundle.facts().input();
    assertEquals(List.of(160L, 160L, 3L), input.shape());
    assertEquals(Fit.CROP, input.fit());
    assertEquals("golden-input.png", bundle.goldenInputName());
    assertNull(bundle.detector());
    assertNotNull(bundle.facts().points().at(Strictness.BALANCED));
    assertEquals(Manifest.parse(Golden.bytes("manifest.json")).goldenSample(), bundle.goldenSample());
  }

  @Test
  void the_prefix_of_the_second_takes_the_faces_of_one() throws Exception {
    DeviceBundle bundle = read("device-bundle-faces");
    FaceParameters faces = ((PhotoInput) bundle.facts().input()).faces();
    assertEquals(256, faces.input());
    assertEquals(0.575, faces.middleY());
    assertNotNull(bundle.detector());
    assertArrayEquals(new float[] {0.25f, -1f, 2.5f, 0f}, bundle.goldenFeature());
  }

  @Test
  void the_prefix_of_the_third_takes_a_tensor() throws Exception {
    DeviceBundle bundle = read("device-bundle-tensor");
    TensorInput input = (TensorInput) bundle.facts().input();
    assertEquals(TensorType.INT16, input.type());
    assertEquals(List.of(4000L, 1L), input.shape());
    assertEquals("golden-input.npy", bundle.goldenInputName());
    assertNull(bundle.facts().points().at(Strictness.BALANCED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bundle.json", "prefix.tflite", "head.tflite", "labels.json", "golden.tensors",
      "golden-input.png", "golden-feature.tensors", "detector.tflite"})
  void a_bundle_without_one_of_its_files_is_none(String name) throws Exception {
    copy("device-bundle-faces");
    Files.delete(folder.resolve(name));
    assertThrows(MalformedException.class, () -> DeviceBundle.read(new BundleFolder(folder.toFile())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"prefix.tflite", "head.tflite", "labels.json", "golden.tensors", "golden-input.png",
      "golden-feature.tensors", "detector.tflite"})
  void a_changed_file_is_refused(String name) throws Exception {
    copy("device-bundle-faces");
    byte[] data = Files.readAllBytes(folder.resolve(name));
    data[0] ^= 1;
    Files.write(folder.resolve(name), data);
    assertThrows(ImpossibleException.class, () -> DeviceBundle.read(new BundleFolder(folder.toFile())));
    Files.write(folder.resolve(name), new byte[data.length + 1]);
    assertThrows(ContractException.class, () -> DeviceBundle.read(new BundleFolder(folder.toFile())));
  }

  private void copy(String name) throws Exception {
    try (Stream<Path> files = Files.list(Golden.folder().resolve(name))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }
}
