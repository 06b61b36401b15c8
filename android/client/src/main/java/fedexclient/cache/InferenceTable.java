package fedexclient.cache;

import fedexclient.contract.Box;
import fedexclient.contract.BoxMatches;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.SampleIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The inferences, each with its feature; the feature spaces they were made in; and the faces they are about. */
public final class InferenceTable {
  private static final String ADD_SPACE = "INSERT OR IGNORE INTO spaces (space, shape) VALUES (?, ?)";
  private static final String FIND_SPACE = "SELECT id FROM spaces WHERE space = ?";
  private static final String ADD =
      "INSERT INTO inferences (sample_id, space, results, unknown, head_serial, setup, taken_ms, feature) "
          + "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String OLDEST_KEPT =
      "SELECT id FROM inferences WHERE waiting = 0 ORDER BY id DESC LIMIT 1 OFFSET ?";
  private static final String PRUNED = "SELECT DISTINCT sample_id FROM inferences WHERE waiting = 0 AND id <= ?";
  private static final String PRUNE = "DELETE FROM inferences WHERE waiting = 0 AND id <= ?";
  private static final String FACES = "SELECT box, sample_id FROM faces WHERE photo = ? ORDER BY box";
  private static final String ADD_FACE = "INSERT OR IGNORE INTO faces (sample_id, photo, box) VALUES (?, ?, ?)";
  private static final String PRUNE_FACES = "DELETE FROM faces WHERE sample_id = ? AND is_labelled = 0 "
      + "AND NOT EXISTS (SELECT 1 FROM inferences i WHERE i.sample_id = faces.sample_id)";
  private static final String GET = "SELECT id, results, unknown, head_serial, taken_ms FROM inferences WHERE id = ?";
  private static final String COUNT = "SELECT count(*) FROM inferences";

  private final Database database;
  private final SampleIds names;
  private final int maxUnfed;
  private final Map<String, Long> spaceKeys = new HashMap<>();

  InferenceTable(Database database, SampleIds names, int maxUnfed) {
    this.database = database;
    this.names = names;
    this.maxUnfed = maxUnfed;
  }

  /**
   * The key of a feature space, which is added where it is new.
   *
   * @param space 64 hexadecimal digits
   */
  public synchronized long spaceKey(String space, FeatureShape shape) throws CacheException {
    Long known = spaceKeys.get(space);
    if (known != null) {
      return known;
    }
    database.change(ADD_SPACE, space, StoredJson.of(shape));
    long key = database.query(FIND_SPACE, space).get(0).integer(0);
    spaceKeys.put(space, key);
    return key;
  }

  /** Keeps one inference, as {@link #addAll} does; returns its id. */
  public long add(NewInference added, long spaceKey) throws CacheException {
    return addAll(Collections.singletonList(added), spaceKey).get(0);
  }

  /**
   * Keeps the inferences on one photo, lets the oldest beyond the bound go, in one transaction; returns their ids.
   *
   * <p>What each is a sample of is decided in the same transaction: two processes that see a photo at once agree.
   */
  public List<Long> addAll(List<NewInference> added, long spaceKey) throws CacheException {
    return database.transaction(() -> {
      List<byte[]> sampleIds = sampleIds(added);
      List<Long> ids = new ArrayList<>();
      for (int index = 0; index < added.size(); index++) {
        ids.add(insert(added.get(index), sampleIds.get(index), spaceKey));
      }
      prune();
      return ids;
    });
  }

  private long insert(NewInference added, byte[] sampleId, long spaceKey) throws CacheException {
    long setup = SetupTable.add(database, added.computedBy());
    return database.insert(ADD, sampleId, spaceKey, StoredJson.of(added.results()), added.isUnknown() ? 1 : 0,
        added.headSerial(), setup, added.takenMs(), added.featureBytes());
  }

  private void prune() throws CacheException {
    List<Row> oldest = database.query(OLDEST_KEPT, maxUnfed);
    if (oldest.isEmpty()) {
      return;
    }
    long last = oldest.get(0).integer(0);
    List<Row> pruned = database.query(PRUNED, last);
    database.change(PRUNE, last);
    for (Row row : pruned) {
      database.change(PRUNE_FACES, row.bytes(0));
    }
  }

  /** The sample id of each; faces of the photo are matched with those known before one is new. */
  private List<byte[]> sampleIds(List<NewInference> added) throws CacheException {
    List<byte[]> ids = new ArrayList<>();
    List<Box> boxes = new ArrayList<>();
    for (NewInference one : added) {
      ids.add(one.photo());
      if (one.box() != null) {
        boxes.add(one.box());
      }
    }
    if (boxes.isEmpty()) {
      return ids;
    }
    if (boxes.size() != added.size()) {
      throw new IllegalArgumentException("expected faces of one photo, got some without a box");
    }
    return faceIds(added.get(0).photo(), boxes);
  }

  private List<byte[]> faceIds(byte[] photo, List<Box> boxes) throws CacheException {
    List<byte[]> known = new ArrayList<>();
    List<Box> places = new ArrayList<>();
    for (Row row : database.query(FACES, photo)) {
      places.add(StoredJson.box(row, 0));
      known.add(row.bytes(1));
    }
    List<Integer> matches = BoxMatches.of(boxes, places);
    List<byte[]> ids = new ArrayList<>();
    for (int index = 0; index < boxes.size(); index++) {
      Integer match = matches.get(index);
      byte[] id = match != null ? known.get(match) : faceId(photo, boxes.get(index));
      database.change(ADD_FACE, id, photo, StoredJson.of(boxes.get(index)));
      ids.add(id);
    }
    return ids;
  }

  private byte[] faceId(byte[] photo, Box box) {
    try {
      return names.ofFace(photo, box);
    } catch (ImpossibleException error) {
      throw new IllegalStateException(error); // a photo's id has been checked
    }
  }

  /**
   * One inference.
   *
   * @throws NoInferenceException the cache does not have it, or no longer
   */
  public StoredInference get(long inference) throws CacheException {
    List<Row> rows = database.query(GET, inference);
    if (rows.isEmpty()) {
      throw new NoInferenceException(inference);
    }
    Row row = rows.get(0);
    return new StoredInference(
        row.integer(0), StoredJson.results(row, 1), row.integer(2) != 0, row.integer(3), row.integer(4));
  }

  /** How many inferences there are. */
  public int count() throws CacheException {
    return database.query(COUNT).get(0).size(0);
  }
}
