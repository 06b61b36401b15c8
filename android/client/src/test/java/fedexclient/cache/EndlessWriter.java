package fedexclient.cache;

import java.io.File;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/**
 * Writes into a cache for a while and says what it has kept, until its process is killed; run by {@link KilledTest} in
 * a JVM of its own.
 */
@RunWith(RobolectricTestRunner.class)
public class EndlessWriter {
  static final String FILE = "fedex.killed.file";
  static final String HALTS_AT = "fedex.killed.halts.at";
  static final String SAID = "kept ";

  private static final int FEATURE = 50_000;
  private static final int MOST = 2_000;

  @Test
  public void write() throws Exception {
    long haltsAt = Long.getLong(HALTS_AT, Long.MAX_VALUE);
    try (Cache cache = Cache.open(new File(System.getProperty(FILE)), 10)) {
      for (int number = 1; number <= MOST; number++) {
        long revision = write(cache, number);
        System.out.println("\n" + SAID + revision);
        System.out.flush();
        if (revision == haltsAt) {
          haltInTheMiddle(cache);
        }
      }
    }
  }

  private static long write(Cache cache, int number) throws Exception {
    NewInference added = new NewInference(Entries.photo(number), null, new float[FEATURE], Entries.results(), false, 0,
        Entries.COMPUTED_BY, 0);
    long revision = cache.feedback().add(
        Entries.feedback(cache.inferences().add(added, Entries.spaceKey(cache, FEATURE))));
    SealedUpload sealed = new SealedUpload(String.format("%064x", revision), Entries.SPACE, 1, new byte[100_000]);
    cache.uploads().add(sealed, List.of(revision), new SealedAs("o", "d"), 0);
    if (revision % 2 == 0) {
      cache.uploads().acknowledge(sealed.id());
    }
    return revision;
  }

  private static void haltInTheMiddle(Cache cache) throws CacheException {
    cache.database().transaction(() -> {
      cache.database().change("DELETE FROM feedback");
      cache.database().change("UPDATE uploads SET body = NULL");
      Runtime.getRuntime().halt(9); // as a kill: nothing is closed
      return null;
    });
  }
}
