package fedexclient.cache;

import fedexclient.contract.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sealed uploads, and the states that {@link Schema} draws. */
public final class UploadTable {
  private static final String COUNT_FREE = "SELECT count(*) FROM feedback WHERE upload IS NULL AND revision IN ";
  private static final String ADD =
      "INSERT INTO uploads (id, space, origin, device, samples, size, sealed_ms, body, state) "
          + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')";
  private static final String MARK = "UPDATE feedback SET upload = ? WHERE revision IN ";
  private static final String COUNT_SAMPLES = "SELECT count(DISTINCT i.sample_id) FROM uploads u "
      + "JOIN feedback f ON f.upload = u.id JOIN inferences i ON i.id = f.inference "
      + "WHERE u.id = ? AND u.state = 'waiting'";
  private static final String UNMARK = "UPDATE feedback SET upload = NULL WHERE upload = ?";
  private static final String DROP = "DELETE FROM uploads WHERE id = ?";
  private static final String UNSENT =
      "SELECT id, space FROM uploads WHERE state = 'waiting' AND origin = ? AND device = ? ORDER BY rowid";
  private static final String COUNT_UNSENT = "SELECT count(*), coalesce(sum(size), 0) FROM uploads "
      + "WHERE state = 'waiting' AND origin = ? AND device = ?";
  private static final String SEALED_BEFORE = "SELECT id, samples FROM uploads "
      + "WHERE state = 'waiting' AND sealed_ms < ? AND origin = ? AND device = ? ORDER BY rowid";
  private static final String FIND_WAITING =
      "SELECT id, space, samples FROM uploads WHERE id = ? AND state = 'waiting'";
  private static final String BODY = "SELECT length(body), substr(body, ?2, ?3) FROM uploads WHERE id = ?1";
  private static final String ACKNOWLEDGE =
      "UPDATE uploads SET state = 'acknowledged', body = NULL, problem = NULL WHERE id = ?";
  private static final String SETTLE = "UPDATE inferences SET waiting = 0 "
      + "WHERE id IN (SELECT inference FROM feedback WHERE upload = ?) AND NOT EXISTS ("
      + "SELECT 1 FROM feedback f LEFT JOIN uploads u ON u.id = f.upload "
      + "WHERE f.inference = inferences.id AND u.state IS NOT 'acknowledged')";
  private static final String SET_ASIDE =
      "UPDATE uploads SET state = 'refused', problem = ? WHERE id = ? AND state = 'waiting'";
  private static final String NOTE = "UPDATE uploads SET problem = ? WHERE id = ? AND state = 'waiting'";
  private static final String RETRY = "UPDATE uploads SET state = 'waiting', "
      + "sealed_ms = CASE WHEN problem LIKE ? || ' %' THEN 0 ELSE sealed_ms END "
      + "WHERE state = 'refused' AND origin = ? AND device = ?";
  private static final String UNFINISHED = "SELECT id, space, device, samples, size, state, problem FROM uploads "
      + "WHERE state != 'acknowledged' ORDER BY rowid";
  private static final String COUNT_ACKNOWLEDGED =
      "SELECT coalesce(sum(samples), 0) FROM uploads WHERE state = 'acknowledged'";

  private final Database database;

  UploadTable(Database database) {
    this.database = database;
  }

  /**
   * Keeps an upload and marks the feedback that it settles, in one transaction that outlives a loss of power.
   *
   * @param revisions of the feedback that is in it, or replaced by what is
   * @param sealedMs Unix milliseconds
   * @return false, and nothing is kept, if some of the feedback is in another upload already, or gone
   */
  public boolean add(SealedUpload sealed, List<Long> revisions, SealedAs as, long sealedMs) throws CacheException {
    String listed = Database.listed(revisions);
    byte[] body = sealed.body();
    return database.durably(() -> {
      if (database.query(COUNT_FREE + listed).get(0).integer(0) != revisions.size()) {
        return false;
      }
      database.change(ADD, sealed.id(), sealed.space(), as.origin(), as.device(), sealed.samples(), body.length,
          sealedMs, body);
      database.change(MARK + listed, sealed.id());
      return true;
    });
  }

  /**
   * Drops an upload that waits, and puts its feedback in no upload again.
   *
   * @return false, and nothing has changed, for an upload that another process has finished, and where not all of its
   *     samples are still here
   */
  public boolean takeApart(String upload, int samples) throws CacheException {
    return database.transaction(() -> {
      if (database.query(COUNT_SAMPLES, upload).get(0).integer(0) != samples) {
        return false;
      }
      database.change(UNMARK, upload);
      database.change(DROP, upload);
      return true;
    });
  }

  /** Lists the ids of the uploads that wait, in the order of their sealing, each with its space. */
  public Map<String, String> unsent(SealedAs as) throws CacheException {
    Map<String, String> unsent = new LinkedHashMap<>();
    for (Row row : database.query(UNSENT, as.origin(), as.device())) {
      unsent.put(row.text(0), row.text(1));
    }
    return unsent;
  }

  /** Counts the uploads that wait. */
  public UnsentCount countUnsent(SealedAs as) throws CacheException {
    Row row = database.query(COUNT_UNSENT, as.origin(), as.device()).get(0);
    return new UnsentCount(row.size(0), row.integer(1));
  }

  /** Lists the uploads that wait and were sealed before a time, in Unix milliseconds, oldest first. */
  public List<AgedUpload> sealedBefore(long sealedMs, SealedAs as) throws CacheException {
    List<AgedUpload> aged = new ArrayList<>();
    for (Row row : database.query(SEALED_BEFORE, sealedMs, as.origin(), as.device())) {
      aged.add(new AgedUpload(row.text(0), row.size(1)));
    }
    return aged;
  }

  /** Reads one upload that waits; null if another process has finished it. */
  public @Nullable SealedUpload findWaiting(String upload) throws CacheException {
    return database.transaction(() -> {
      List<Row> rows = database.query(FIND_WAITING, upload);
      byte[] body = rows.isEmpty() ? null : database.blob(BODY, upload);
      return body == null ? null : new SealedUpload(
          rows.get(0).text(0), rows.get(0).text(1), rows.get(0).size(2), body);
    });
  }

  /** Keeps that the service has the upload, drops the body, and lets its features go when room is needed. */
  public void acknowledge(String upload) throws CacheException {
    database.transaction(() -> {
      database.change(ACKNOWLEDGE, upload);
      return database.change(SETTLE, upload);
    });
  }

  /** Keeps that the service refuses the upload for good. */
  public void setAside(String upload, String problem) throws CacheException {
    database.change(SET_ASIDE, problem, upload);
  }

  /** Keeps why the upload still waits. */
  public void note(String upload, String problem) throws CacheException {
    database.change(NOTE, problem, upload);
  }

  /** Makes refused uploads wait again. Those of a version that the service does not take are old: to be sealed anew. */
  public void retryRefused(SealedAs as) throws CacheException {
    database.change(RETRY, Problem.UNSUPPORTED_VERSION.toString(), as.origin(), as.device());
  }

  /** Lists the uploads that are not acknowledged, in the order of their sealing. */
  public List<UploadStatus> unfinished() throws CacheException {
    List<UploadStatus> unfinished = new ArrayList<>();
    for (Row row : database.query(UNFINISHED)) {
      UploadState state = UploadState.of(row.text(5));
      if (state == null) {
        throw row.damaged("expected a state, got another word");
      }
      unfinished.add(new UploadStatus(
          row.text(0), row.text(1), row.text(2), row.size(3), row.size(4), state, row.textOrNull(6)));
    }
    return unfinished;
  }

  /** How many samples the service has. */
  public long countAcknowledgedSamples() throws CacheException {
    return database.query(COUNT_ACKNOWLEDGED).get(0).integer(0);
  }
}
