package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import org.junit.Test;

/** A JVM that writes is killed (SIGKILL): what it had said is kept, and nothing is half there. */
public class KilledTest extends CacheTestCase {
  private static final int KILLS = 3;

  private final Random random = new Random();

  @Test
  public void what_was_said_to_be_kept_is_kept_whenever_a_process_is_killed() throws Exception {
    long kept = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      kept = killAfter(kept + 5 + random.nextInt(20));
      assertWhole(kept);
    }
  }

  @Test
  public void a_process_that_dies_inside_a_transaction_has_changed_nothing() throws Exception {
    Process writer = start("-D" + EndlessWriter.HALTS_AT + "=7");
    assertEquals(9, writer.waitFor(), said());
    assertEquals(7, kept());
    assertWhole(7);
    assertEquals(List.of("7"), Outside.rows(file(), "SELECT count(*) FROM feedback"));
    assertEquals(List.of("4"), Outside.rows(file(), "SELECT count(*) FROM uploads WHERE body IS NOT NULL"));
  }

  private long killAfter(long revision) throws Exception {
    Process writer = start("-Dnothing");
    try {
      while (kept() < revision) {
        assertTrue(writer.isAlive(), said());
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(50));
    } finally {
      writer.destroyForcibly();
    }
    assertEquals(128 + 9, writer.waitFor());
    return kept();
  }

  private Process start(String property) throws Exception {
    file().getParentFile().mkdirs();
    String java = new File(System.getProperty("java.home"), "bin/java").getPath();
    return new ProcessBuilder(java, "-Xmx512m", "-cp", System.getProperty("java.class.path"), property,
        "-D" + EndlessWriter.FILE + "=" + file(), "org.junit.runner.JUnitCore", EndlessWriter.class.getName())
        .redirectErrorStream(true).redirectOutput(output()).start();
  }

  private File output() {
    return new File(temporary.getRoot(), "said");
  }

  private String said() throws Exception {
    return new String(Files.readAllBytes(output().toPath()), StandardCharsets.UTF_8);
  }

  /** The last revision that was said to be kept, in a whole line; 0: none was. */
  private long kept() throws Exception {
    long last = 0;
    String[] lines = said().split("\n", -1);
    for (int line = 0; line < lines.length - 1; line++) {
      if (lines[line].startsWith(EndlessWriter.SAID)) {
        last = Long.parseLong(lines[line].substring(EndlessWriter.SAID.length()));
      }
    }
    return last;
  }

  private void assertWhole(long kept) throws Exception {
    try (Cache cache = open()) {
      assertNull(cache.setAside());
    }
    assertEquals(List.of("ok"), Outside.rows(file(), "PRAGMA integrity_check"));
    assertEquals(List.of(), Outside.rows(file(), "PRAGMA foreign_key_check"));
    long last = Long.parseLong(Outside.rows(file(), "SELECT seq FROM sqlite_sequence WHERE name = 'feedback'").get(0));
    assertTrue(last >= kept, last + " of " + kept);
    assertEquals(List.of("0"), Outside.rows(file(), "SELECT count(*) FROM uploads WHERE state = 'waiting' "
        + "AND (body IS NULL OR id NOT IN (SELECT upload FROM feedback WHERE upload IS NOT NULL))"));
    assertEquals(List.of("0"),
        Outside.rows(file(), "SELECT count(*) FROM uploads WHERE state = 'acknowledged' AND body IS NOT NULL"));
    assertEquals(List.of("0"), Outside.rows(file(), "SELECT count(*) FROM feedback f JOIN inferences i "
        + "ON i.id = f.inference LEFT JOIN uploads u ON u.id = f.upload "
        + "WHERE i.waiting != (u.state IS NOT 'acknowledged')"));
  }
}
