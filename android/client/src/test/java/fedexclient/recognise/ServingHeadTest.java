package fedexclient.recognise;

import static fedexclient.recognise.ScriptedRuntime.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingHeadTest {
  private static final List<String> LABELS = List.of("one", "two");

  @TempDir Path folder;

  private final ScriptedRuntime runtime = new ScriptedRuntime().on("head", spec("feature", "float32", 1L, 4L),
      spec("logits", "float32", 1L, 2L), taken -> new float[] {taken.getFloat(0), 0});
  private final Shelf shelf = new Shelf();
  private BundleModels models;

  @BeforeEach
  void copyTheBundle() throws Exception {
    DeviceBundle bundle = ScriptedBundle.copy("device-bundle", folder);
    models = ScriptedBundle.models(bundle, folder, runtime);
  }

  /** Heads that a test puts there. */
  private static final class Shelf implements InstalledHeads {
    List<Entry> entries = Collections.emptyList();
    int swaps;
    boolean isDamaged;

    void put(Entry... newestFirst) {
      entries = Arrays.asList(newestFirst);
      swaps++;
    }

    @Override
    public Object stamp() {
      return swaps;
    }

    @Override
    public List<Entry> newestFirst() throws HeadDamagedException {
      if (isDamaged) {
        throw new HeadDamagedException("the list is damaged");
      }
      return entries;
    }
  }

  private interface Loading {
    InstalledHead load() throws HeadDamagedException;
  }

  private static InstalledHeads.Entry entry(Loading loading) {
    return new InstalledHeads.Entry() {
      @Override
      public boolean isBundled() {
        return loading == null;
      }

      @Override
      public InstalledHead load() throws HeadDamagedException {
        return loading.load();
      }
    };
  }

  /** The golden release with another head, and as it says, or of another serial or space. */
  private static InstalledHead release(String serial, String space, List<String> labels) {
    byte[] head = ScriptedBundle.model("released");
    byte[] said = ScriptedBundle.referring(
        Golden.bytes("manifest.json"), Golden.bytes("device-bundle/head.tflite"), head);
    String document = new String(said, StandardCharsets.UTF_8)
        .replaceFirst("\"serial\":[0-9]+", "\"serial\":" + serial)
        .replaceFirst("\"space\":\"[0-9a-f]+\"", "\"space\":\"" + space + "\"");
    try {
      Manifest manifest = Manifest.parse(document.getBytes(StandardCharsets.UTF_8));
      return new InstalledHead(manifest, manifest.heads().get(Precision.FLOAT32), labels, ByteBuffer.wrap(head));
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private InstalledHeads.Entry good(String serial) {
    return entry(() -> release(serial, models.bundle().facts().space(), LABELS));
  }

  private ServingHead serving() throws Exception {
    return new ServingHead(models, shelf);
  }

  @Test
  void without_heads_the_bundles_own_serves() throws Exception {
    assertEquals(Head.BUNDLED_SERIAL, serving().head().serial());
    assertEquals(Head.BUNDLED_SERIAL, new ServingHead(models, null).head().serial());
  }

  @Test
  void the_newest_serves_with_its_own_labels() throws Exception {
    shelf.put(good("9"), good("8"));
    ServingHead serving = serving();
    assertEquals(9, serving.head().serial());
    assertEquals(LABELS, serving.head().labels());
    assertTrue(serving.warnings().isEmpty());
  }

  @Test
  void a_swap_is_noticed_and_the_head_before_is_closed() throws Exception {
    shelf.put(good("8"));
    ServingHead serving = serving();
    serving.refresh();
    assertTrue(runtime.closed.isEmpty());
    shelf.put(good("9"), good("8"));
    serving.refresh();
    assertEquals(9, serving.head().serial());
    assertEquals(List.of("head"), runtime.closed);
  }

  @Test
  void a_damaged_head_is_stepped_over_with_a_warning() throws Exception {
    InstalledHeads.Entry damaged = entry(() -> {
      throw new HeadDamagedException("damaged");
    });
    InstalledHeads.Entry fewLabels = entry(
        () -> release("10", models.bundle().facts().space(), List.of("one")));
    InstalledHeads.Entry otherBytes = entry(() -> {
      InstalledHead right = release("9", models.bundle().facts().space(), LABELS);
      return new InstalledHead(right.manifest(), right.file(), LABELS, ByteBuffer.wrap(new byte[12]));
    });
    shelf.put(damaged, fewLabels, otherBytes, good("8"));
    ServingHead serving = serving();
    assertEquals(8, serving.head().serial());
    assertEquals(3, serving.warnings().size());
    assertEquals("damaged", serving.warnings().get(0));
  }

  @Test
  void a_head_of_another_space_is_passed_over() throws Exception {
    shelf.put(entry(() -> release("9", "0".repeat(64), LABELS)), good("8"));
    ServingHead serving = serving();
    assertEquals(8, serving.head().serial());
    assertTrue(serving.warnings().isEmpty());
  }

  @Test
  void where_the_newest_release_says_so_the_bundles_head_serves() throws Exception {
    shelf.put(entry(null), good("8"));
    assertEquals(Head.BUNDLED_SERIAL, serving().head().serial());
  }

  @Test
  void where_nobody_can_say_which_heads_there_are_the_bundles_serves() throws Exception {
    shelf.isDamaged = true;
    ServingHead serving = serving();
    assertEquals(Head.BUNDLED_SERIAL, serving.head().serial());
    assertEquals(List.of("the list is damaged"), serving.warnings());
  }

  @Test
  void where_no_head_can_be_loaded_the_one_in_use_stays() throws Exception {
    shelf.put(good("8"));
    ServingHead serving = serving();
    Files.delete(folder.resolve("head.tflite"));
    shelf.put();
    serving.refresh();
    assertEquals(8, serving.head().serial());
    assertTrue(serving.warnings().get(0).startsWith("the head in use stays: "));
    assertThrows(IOException.class, () -> new ServingHead(models, null));
  }
}
