package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the tests here honest: each golden file is named by one of them, or stands below with a reason. */
class GoldenFilesTest {
  private static final String SERVICE = "of the service, which alone trains";

  private static final Map<String, String> ELSEWHERE = elsewhere();

  private static Map<String, String> elsewhere() {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (String name : new String[] {"training-bundle", "training-bundle-faces", "training-bundle-tensor"}) {
      reasons.put(name, SERVICE);
    }
    return reasons;
  }

  @Test
  void each_golden_file_is_read_by_a_test_or_stands_elsewhere_for_a_reason() throws IOException {
    String tests = sources();
    List<String> unread = new ArrayList<>();
    for (String name : goldenFiles()) {
      if (!tests.contains('"' + name + '"') && !ELSEWHERE.containsKey(name)) {
        unread.add(name);
      }
    }
    assertEquals(Collections.emptyList(), unread);
  }

  @Test
  void nothing_stands_elsewhere_that_is_no_golden_file() throws IOException {
    List<String> gone = new ArrayList<>(ELSEWHERE.keySet());
    gone.removeAll(goldenFiles());
    assertEquals(Collections.emptyList(), gone);
  }

  /** The names of files, and of the folders of bundles, each of which is read as a whole. */
  private static List<String> goldenFiles() throws IOException {
    try (Stream<Path> files = Files.walk(Golden.folder())) {
      return files.filter(Files::isRegularFile)
          .map(path -> Golden.folder().relativize(path).toString())
          .map(name -> name.matches("(device|training)-bundle.*") ? name.substring(0, name.indexOf('/')) : name)
          .distinct().collect(Collectors.toList());
    }
  }

  private static String sources() throws IOException {
    try (Stream<Path> files = Files.walk(Paths.get("src/test/java"))) {
      StringBuilder sources = new StringBuilder();
      for (Path path : (Iterable<Path>) files.filter(GoldenFilesTest::isOther)::iterator) {
        sources.append(new String(Files.readAllBytes(path), StandardCharsets.UTF_8));
      }
      return sources.toString();
    }
  }

  private static boolean isOther(Path path) {
    return path.toString().endsWith("Test.java") && !path.endsWith("GoldenFilesTest.java");
  }
}
