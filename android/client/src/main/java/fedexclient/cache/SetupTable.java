package fedexclient.cache;

import fedexclient.contract.ContractException;
import fedexclient.contract.SelfTest;
import fedexclient.contract.Setup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What computed the inferences, with the outcome of its self-test, and what of each waits to be sent. */
public final class SetupTable {
  private static final String ADD =
      "INSERT OR IGNORE INTO setups (app, runtime, delegate, system, bundle, least_cosine_ppm) "
          + "VALUES (?, ?, ?, ?, ?, ?)";
  private static final String FIND =
      "SELECT id FROM setups WHERE app = ? AND runtime = ? AND delegate = ? AND system = ? AND bundle = ?";
  private static final String COLUMNS =
      "s.id, s.app, s.runtime, s.delegate, s.system, s.bundle, s.least_cosine_ppm, s.cosine_ppm";
  private static final int COLUMNS_SIZE = 8;
  private static final String GET = "SELECT " + COLUMNS + " FROM setups s WHERE s.id = ?";
  private static final String KEEP = "UPDATE setups SET cosine_ppm = ? WHERE id = ? AND cosine_ppm IS NULL";

  /** What cannot be sent counts no more, once there is later feedback on the same sample as another computed it. */
  private static final String WAITING = "SELECT " + COLUMNS + ", count(DISTINCT i.sample_id) "
      + "FROM feedback f JOIN inferences i ON i.id = f.inference "
      + "JOIN setups s ON s.id = i.setup WHERE f.upload IS NULL AND f.origin IN ('', ?) "
      + "AND (s.cosine_ppm >= s.least_cosine_ppm OR NOT EXISTS ("
      + "SELECT 1 FROM inferences j JOIN feedback g ON g.inference = j.id "
      + "WHERE j.sample_id = i.sample_id AND j.space = i.space AND j.setup != i.setup AND g.revision > f.revision"
      + ")) GROUP BY s.id ORDER BY s.id";

  private final Database database;

  SetupTable(Database database) {
    this.database = database;
  }

  /** The key of a setup, which is added where it is new. */
  public long key(BundleSetup used) throws CacheException {
    List<Row> rows = database.query(FIND, name(used));
    return rows.isEmpty() ? database.transaction(() -> add(database, used)) : rows.get(0).integer(0);
  }

  /** What is known of a setup; null if nothing was ever computed by it. */
  public @Nullable KeptSetup find(BundleSetup used) throws CacheException {
    List<Row> rows = database.query(FIND, name(used));
    return rows.isEmpty() ? null : get(rows.get(0).integer(0));
  }

  /**
   * One setup.
   *
   * @param key as this cache gave it out
   */
  public KeptSetup get(long key) throws CacheException {
    List<Row> rows = database.query(GET, key);
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("setup " + key + ": expected one that is in the cache, got none");
    }
    return kept(rows.get(0));
  }

  /** Keeps the outcome of a self-test, in millionths. That of a setup that was tested before stays. */
  public void keep(long key, int cosinePpm) throws CacheException {
    database.change(KEEP, cosinePpm, key);
  }

  /**
   * Counts the samples that wait to be sealed for a group, by what computed them.
   *
   * <p>One that did not pass its self-test is left out, once a sample was inferred again by another and has feedback.
   */
  public List<WaitingSamples> waiting(String origin) throws CacheException {
    List<WaitingSamples> waiting = new ArrayList<>();
    for (Row row : database.query(WAITING, origin)) {
      waiting.add(new WaitingSamples(kept(row), row.size(COLUMNS_SIZE)));
    }
    return waiting;
  }

  /** The key of a setup, which is added where it is new, in a transaction that is open. */
  static long add(Database database, BundleSetup used) throws CacheException {
    Setup setup = used.setup();
    database.change(ADD, setup.app(), setup.runtime(), setup.delegate(), setup.system(), used.bundle(),
        used.leastCosinePpm());
    return database.query(FIND, name(used)).get(0).integer(0);
  }

  private static Object[] name(BundleSetup used) {
    Setup setup = used.setup();
    return new Object[] {setup.app(), setup.runtime(), setup.delegate(), setup.system(), used.bundle()};
  }

  private static KeptSetup kept(Row row) throws CacheDamagedException {
    try {
      Setup setup = Setup.of(row.text(1), row.text(2), row.text(3), row.text(4));
      BundleSetup used = new BundleSetup(setup, row.text(5), ppm(row, 6));
      SelfTest outcome = row.isNull(7) ? null : SelfTest.of(setup, ppm(row, 7));
      return new KeptSetup(row.integer(0), used, outcome);
    } catch (ContractException error) {
      throw row.damaged(error.getMessage());
    }
  }

  private static int ppm(Row row, int column) throws CacheDamagedException {
    long ppm = row.integer(column);
    if (Math.abs(ppm) > SelfTest.PPM) {
      throw row.damaged("expected millionths in column " + column + ", got " + ppm);
    }
    return (int) ppm;
  }
}
