package fedexclient.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.Missing;
import fedexclient.contract.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A folder of heads that the Python device wrote is read, compared byte by byte, and used here; what is written here
 * the Python side opens afterwards ({@code tests/device/heads/java_exchange.py check}).
 */
class ExchangeTest {
  private static final Path EXCHANGE =
      Paths.get(System.getProperty("fedex.exchange.heads", "../../build/android-heads"));

  @TempDir Path folder;

  private static SortedMap<String, String> contents(Path directory) throws IOException {
    SortedMap<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        contents.put(directory.relativize(file).toString(), text);
      }
    }
    return contents;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.createDirectories(to.resolve(from.relativize(file)).getParent());
        if (Files.isRegularFile(file)) {
          Files.write(to.resolve(from.relativize(file)), Files.readAllBytes(file));
        }
      }
    }
  }

  @Test
  void the_python_device_opens_what_is_written_here() throws Exception {
    Path told = folder.resolve("heads");
    HeadStory.tell(told);
    assertEquals(2, new HeadStore(told).entries().size());
    copy(told, EXCHANGE.resolve("java"));
  }

  @Test
  void what_the_python_device_wrote_is_what_is_written_here_and_is_used_here() throws Exception {
    Missing.unless(Files.exists(EXCHANGE.resolve("python/current")),
        "no heads that the Python side wrote: make install, then make test-android");
    Path pythons = folder.resolve("pythons");
    copy(EXCHANGE.resolve("python"), pythons);
    Path told = folder.resolve("heads");
    HeadStory.tell(told);
    assertEquals(contents(told), contents(pythons));
    HeadStore heads = new HeadStore(pythons);
    assertEquals(9, heads.load(heads.entries().get(0)).manifest().serial());
    assertEquals(7, heads.load(heads.entries().get(1)).manifest().serial());
    ReleaseFloor floor = heads.floors().of(ReleaseLine.of(HeadStory.manifest(7)));
    assertEquals(new ReleaseFloor(9, 1_760_000_000, 12, "\"zw\u00f6lf\""), floor);
    HeadStore.Installing installing = heads.install();
    heads.swap(HeadStory.add(heads, 13, HeadStory.ONE));
    heads.prune(Set.of());
    installing.close();
    assertEquals(0, heads.floors().of(ReleaseLine.of(HeadStory.manifest(7))).passed());
    assertTrue(Files.exists(heads.objects().object(Sha256.hex(HeadStory.TWO))));
  }
}
