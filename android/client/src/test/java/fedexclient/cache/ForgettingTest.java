package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Sha256;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.Test;
import org.robolectric.shadows.ShadowLog;

/** What is forgotten is in no byte of the cache's files, and no number is given out again. */
public class ForgettingTest extends CacheTestCase {
  private static final String LABEL = "Zoe of the forgotten";
  private static final String BODY = "a sealed body";
  private static final int FIRST = 8_000_017;
  private static final int STEP = 400_000;
  private static final int COUNT = 20;

  /** Opens a cache of samples with feedback, one of which is sealed and one acknowledged. */
  private Cache fill() throws Exception {
    Cache cache = Cache.open(file(), 100);
    for (int index = 0; index < COUNT; index++) {
      cache.feedback().add(Entries.feedback(Entries.add(cache, FIRST + index * STEP), LABEL, ""));
    }
    Outside.passSelfTests(file());
    for (int revision = 1; revision <= 2; revision++) {
      SealedUpload sealed = new SealedUpload(
          id(revision), Entries.SPACE, 1, BODY.getBytes(StandardCharsets.US_ASCII));
      assertTrue(cache.uploads().add(sealed, List.of((long) revision), new SealedAs("o", "d"), 1));
    }
    cache.uploads().acknowledge(id(1));
    return cache;
  }

  private static String id(int revision) {
    return (revision == 1 ? "a" : "b").repeat(64);
  }

  /** What of it all is in the files of the cache. */
  private Set<String> found() throws Exception {
    StringBuilder held = new StringBuilder();
    for (File one : file().getParentFile().listFiles()) {
      held.append(Sha256.hexDigits(Files.readAllBytes(one.toPath()))).append(' ');
    }
    Set<String> found = new TreeSet<>();
    for (String needle : needles()) {
      if (held.indexOf(needle) >= 0) {
        found.add(needle);
      }
    }
    return found;
  }

  private static List<String> needles() {
    List<String> needles = new ArrayList<>();
    needles.add(Sha256.hexDigits(LABEL.getBytes(StandardCharsets.US_ASCII)));
    needles.add(Sha256.hexDigits(BODY.getBytes(StandardCharsets.US_ASCII)));
    for (int index = 0; index < COUNT; index++) {
      int number = FIRST + index * STEP;
      ByteBuffer feature = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
      feature.asFloatBuffer().put(Entries.feature(number));
      needles.add(Sha256.hexDigits(feature.array()));
      needles.add(Sha256.hexDigits(Entries.photo(number)));
    }
    return needles;
  }

  @Test
  public void nothing_is_left_in_the_files() throws Exception {
    File damaged = new File(file() + ".damaged");
    try (Cache cache = fill()) {
      Files.copy(file().toPath(), damaged.toPath());
      assertEquals(2 * COUNT + 2, found().size());
      cache.forget();
      assertEquals(Set.of(), found());
      assertFalse(damaged.exists());
      assertEquals(0, cache.uploads().unfinished().size());
      assertEquals(0, cache.uploads().countAcknowledgedSamples());
      assertEquals(0, cache.feedback().unsealed("").size());
    }
  }

  /** A revision that came twice would be taken for an old one by the service. */
  @Test
  public void numbers_and_the_secret_go_on() throws Exception {
    byte[] secret;
    try (Cache cache = fill()) {
      secret = cache.secret();
      cache.forget();
      assertEquals(COUNT + 1, Entries.add(cache, 1));
      assertEquals(COUNT + 1, cache.feedback().add(Entries.feedback(COUNT + 1)));
    }
    try (Cache cache = open()) {
      assertArrayEquals(secret, cache.secret());
    }
  }

  @Test
  public void what_cannot_be_forgotten_is_all_there_still() throws Exception {
    try (Cache cache = fill()) {
      Outside.change(file(), "CREATE TRIGGER broken BEFORE DELETE ON faces BEGIN SELECT raise(ABORT, 'no'); END");
      Outside.change(file(), "INSERT INTO faces VALUES (x'00', x'11', '[0, 0, 1, 1]', 1)");
      assertThrows(CacheException.class, cache::forget);
    }
    assertEquals(List.of("20"), Outside.rows(file(), "SELECT count(*) FROM feedback"));
  }

  @Test
  public void no_label_feature_or_id_of_a_photo_is_in_a_log_or_a_message() throws Exception {
    String said;
    try (Cache cache = fill()) {
      Outside.change(file(), "CREATE TRIGGER broken BEFORE INSERT ON feedback BEGIN SELECT raise(ABORT, 'no'); END");
      CacheException error = assertThrows(
          CacheException.class, () -> cache.feedback().add(Entries.feedback(1, LABEL, "")));
      LabelledSample sample = cache.feedback().samples(List.of(1L)).get(0);
      said = error + " " + error.getCause() + " " + sample + " " + cache.inferences().get(1);
    }
    for (ShadowLog.LogItem item : ShadowLog.getLogs()) {
      said += "\n" + item.tag + " " + item.msg + " " + item.throwable;
    }
    assertFalse(said.contains(LABEL), said);
    assertFalse(said.contains("8000017"), said);
    assertFalse(said.contains("Ada"), said);
  }
}
