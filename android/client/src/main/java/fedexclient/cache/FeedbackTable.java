package fedexclient.cache;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The feedback on inferences, and what of it is in no upload yet. */
public final class FeedbackTable {
  private static final String ADD = "INSERT INTO feedback (label, is_right, origin, given_ms, inference) "
      + "SELECT ?, ?, ?, ?, id FROM inferences WHERE id = ?";
  private static final String WAIT = "UPDATE inferences SET waiting = 1 WHERE id = ?";
  private static final String KEEP_FACE =
      "UPDATE faces SET is_labelled = 1 WHERE sample_id = (SELECT sample_id FROM inferences WHERE id = ?)";
  private static final String UNSEALED = "SELECT f.revision, i.sample_id, i.space, i.setup "
      + "FROM feedback f JOIN inferences i ON i.id = f.inference JOIN setups s ON s.id = i.setup "
      + "WHERE f.upload IS NULL AND f.origin IN ('', ?) AND s.cosine_ppm >= s.least_cosine_ppm ORDER BY f.revision";
  private static final String SPACE = "SELECT s.space, s.shape "
      + "FROM feedback f JOIN inferences i ON i.id = f.inference JOIN spaces s ON s.id = i.space WHERE f.revision = ?";
  private static final String SAMPLES = "SELECT f.revision, i.id, i.sample_id, f.label, i.setup "
      + "FROM feedback f JOIN inferences i ON i.id = f.inference WHERE f.revision IN ";
  private static final String IN_ORDER = " ORDER BY f.revision";
  private static final String FEATURE =
      "SELECT length(feature), substr(feature, ?2, ?3) FROM inferences WHERE id = ?1";

  private static final String LABELS = "SELECT DISTINCT label FROM feedback WHERE origin IN ('', ?)";

  private final Database database;

  FeedbackTable(Database database) {
    this.database = database;
  }

  /**
   * Keeps feedback; returns its revision, which is higher than any before.
   *
   * @throws NoInferenceException the cache does not have the inference
   */
  public long add(NewFeedback added) throws CacheException {
    return database.transaction(() -> {
      long revision = database.insert(ADD, added.label(), added.isRight() ? 1 : 0, added.origin(), added.givenMs(),
          added.inference());
      if (revision < 0) {
        throw new NoInferenceException(added.inference());
      }
      database.change(WAIT, added.inference());
      database.change(KEEP_FACE, added.inference());
      return revision;
    });
  }

  /**
   * Lists what was given in a group, or before enrolment, in the order of revisions.
   *
   * <p>Samples that were computed by what has not passed its self-test are not among them.
   */
  public List<UnsealedFeedback> unsealed(String origin) throws CacheException {
    List<UnsealedFeedback> unsealed = new ArrayList<>();
    for (Row row : database.query(UNSEALED, origin)) {
      unsealed.add(new UnsealedFeedback(row.integer(0), row.bytes(1), row.integer(2), row.integer(3)));
    }
    return unsealed;
  }

  /** The labels that were given in a group, or before enrolment. */
  public Set<String> labels(String origin) throws CacheException {
    Set<String> labels = new HashSet<>();
    for (Row row : database.query(LABELS, origin)) {
      labels.add(row.text(0));
    }
    return labels;
  }

  /** The space of one revision's sample; null if the sample is gone. */
  public @Nullable FeatureSpace spaceOf(long revision) throws CacheException {
    List<Row> rows = database.query(SPACE, revision);
    return rows.isEmpty() ? null : new FeatureSpace(rows.get(0).text(0), StoredJson.shape(rows.get(0), 1));
  }

  /** Reads the samples of some revisions that are still here, in the order of revisions. */
  public List<LabelledSample> samples(List<Long> revisions) throws CacheException {
    return database.transaction(() -> {
      List<LabelledSample> samples = new ArrayList<>();
      for (Row row : database.query(SAMPLES + Database.listed(revisions) + IN_ORDER)) {
        byte[] feature = database.blob(FEATURE, row.integer(1));
        if (feature != null) { // it is there, in the same transaction
          samples.add(new LabelledSample(
              row.integer(0), row.integer(1), row.bytes(2), row.text(3), feature, row.integer(4)));
        }
      }
      return samples;
    });
  }
}
