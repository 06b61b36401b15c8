package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import fedexclient.Missing;
import fedexclient.contract.Box;
import fedexclient.contract.FeatureShape;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

/**
 * A cache that the Python device wrote is read, compared row by row, and used here; what is written here the Python
 * side opens afterwards ({@code java_exchange.py check}).
 */
public class ExchangeTest extends CacheTestCase {
  private static final File FOLDER = new File(System.getProperty("fedex.exchange", "../../build/android-cache"));

  @Test
  public void the_python_device_opens_what_is_written_here() throws Exception {
    Story.tell(file());
    assertFalse(new File(file() + "-wal").exists());
    Files.createDirectories(FOLDER.toPath());
    Files.copy(file().toPath(), new File(FOLDER, "java.sqlite3").toPath(), StandardCopyOption.REPLACE_EXISTING);
  }

  /** A copy of what the Python device wrote, or a test that is skipped for the reason said. */
  private File pythons() throws Exception {
    File written = new File(FOLDER, "python.sqlite3");
    Missing.unless(written.exists(), "no cache that the Python side wrote: make install, then make test-android");
    File copy = new File(temporary.newFolder(), "cache.sqlite3");
    Files.copy(written.toPath(), copy.toPath());
    return copy;
  }

  @Test
  public void what_the_python_device_wrote_is_row_by_row_what_is_written_here() throws Exception {
    Story.tell(file());
    File python = pythons();
    assertEquals(Story.lines(file()), Story.lines(python));
    assertEquals(Schema.STATEMENTS, schema(python));
  }

  private static List<String> schema(File file) throws Exception {
    List<String> statements = new ArrayList<>();
    for (String sql : Outside.rows(file,
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")) {
      statements.add(SchemaTest.plain(sql));
    }
    return statements;
  }

  @Test
  public void what_the_python_device_wrote_is_used_here() throws Exception {
    try (Cache cache = Cache.open(pythons(), Story.MAX_UNFED)) {
      assertNull(cache.setAside());
      assertEquals("[Zo\u00eb \"die\" Erste\\ 0.3333333333333333, \u674e 1.0E-5, Ada 1.0, Ben 0.0]",
          cache.inferences().get(3).results().toString());
      long space = cache.inferences().spaceKey("a".repeat(64), FeatureShape.of(2, 2));
      assertEquals(1, space);
      long again = cache.inferences().addAll(
          Entries.faces(Entries.photo(3), new Box(12, 8, 112, 108)), space).get(0);
      assertEquals(7, again);
      assertEquals(List.of("1"), Outside.rows(cache.database(),
          "SELECT count(DISTINCT sample_id) FROM inferences WHERE id IN (3, 6, 7)"));
      assertEquals(6, cache.feedback().add(Entries.feedback(again)));
      assertEquals(1, cache.uploads().countAcknowledgedSamples());
      cache.uploads().retryRefused(Story.FAMILY);
      assertEquals(List.of(Story.id("2"), Story.id("3")),
          new ArrayList<>(cache.uploads().unsent(Story.FAMILY).keySet()));
      assertEquals(256, cache.uploads().findWaiting(Story.id("3")).body().length);
      cache.uploads().acknowledge(Story.id("3"));
      assertEquals(2, cache.uploads().countAcknowledgedSamples());
    }
  }
}
