package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.AssumptionViolatedException;
import org.junit.Test;

public final class MissingTest {
  private static final Path SOURCES = Paths.get(System.getProperty("fedex.root"), "android/client/src/test/java");

  @Test
  public void a_test_that_lacks_something_is_skipped_but_fails_where_all_is_required() {
    Missing.unless(true, "nothing", true);
    Missing.unless(true, "nothing", false);
    assertThrows(AssumptionViolatedException.class, () -> Missing.unless(false, "no bundle", false));
    AssertionError error = assertThrows(AssertionError.class, () -> Missing.unless(false, "no bundle", true));
    assertEquals("required here: no bundle", error.getMessage());
  }

  /** Each skipped itself by an assumption of its own, so that one that lost its way to its files was missed by nobody. */
  @Test
  public void what_a_machine_may_lack_all_the_same_stands_here() throws Exception {
    Set<String> expected = new TreeSet<>();
    expected.add("Missing.java");
    expected.add("RoadTest.java"); // a test of Python's runs it
    expected.add("cache/FullDiskTest.java"); // the right to mount
    expected.add("pull/DownloaderTest.java"); // the same
    expected.add("recognise/ApkTflite.java"); // a processor
    expected.add("recognise/ParityTest.java"); // a runtime that there is for some versions of Python alone
    assertEquals(expected, assuming());
  }

  private static Set<String> assuming() throws IOException {
    Path packages = SOURCES.resolve("fedexclient");
    try (Stream<Path> files = Files.walk(packages)) {
      return files.filter(file -> file.toString().endsWith(".java") && says(file, "assume" + "True("))
          .map(file -> packages.relativize(file).toString()).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static boolean says(Path file, String word) {
    try {
      return Files.readString(file).contains(word);
    } catch (IOException error) {
      throw new AssertionError(error);
    }
  }
}
