package fedexclient.cache;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The cache of one device, version 1 ({@code PRAGMA user_version}): the statements of the Python device's {@code
 * device/cache/schema.sql}, which says what each column means, in their order.
 *
 * <pre>
 *   spaces --&lt; inferences --&lt; feedback &gt;-- uploads
 *   setups --&lt;
 *   faces  --&lt;
 *   state (key -&gt; value)
 *
 *   uploads:  waiting -&gt; acknowledged (body dropped)
 *             waiting -&gt; refused (body kept; it can be made to wait again)
 *             waiting -&gt; dropped, its feedback in no upload again
 * </pre>
 *
 * <p>Unlike the Python device's, the tables are not STRICT: SQLite knows the word from 3.37 on, Android from 14 on. The
 * Python device reads them as its own; the other way round, its strict ones are damaged to an older SQLite.
 */
final class Schema {
  static final int VERSION = 1;

  /** What makes a cache. */
  static final List<String> STATEMENTS = Collections.unmodifiableList(Arrays.asList(
      "CREATE TABLE spaces ("
          + "id INTEGER PRIMARY KEY, "
          + "space TEXT NOT NULL UNIQUE, "
          + "shape TEXT NOT NULL)",
      "CREATE TABLE setups ("
          + "id INTEGER PRIMARY KEY, "
          + "app TEXT NOT NULL, "
          + "runtime TEXT NOT NULL, "
          + "delegate TEXT NOT NULL, "
          + "system TEXT NOT NULL, "
          + "bundle TEXT NOT NULL, "
          + "least_cosine_ppm INTEGER NOT NULL, "
          + "cosine_ppm INTEGER, "
          + "UNIQUE (app, runtime, delegate, system, bundle))",
      "CREATE TABLE inferences ("
          + "id INTEGER PRIMARY KEY AUTOINCREMENT, "
          + "sample_id BLOB NOT NULL, "
          + "space INTEGER NOT NULL REFERENCES spaces (id), "
          + "results TEXT NOT NULL, "
          + "unknown INTEGER NOT NULL, "
          + "head_serial INTEGER NOT NULL, "
          + "setup INTEGER NOT NULL REFERENCES setups (id), "
          + "taken_ms INTEGER NOT NULL, "
          + "waiting INTEGER NOT NULL DEFAULT 0, "
          + "feature BLOB NOT NULL)",
      "CREATE INDEX inferences_prunable ON inferences (id) WHERE waiting = 0",
      "CREATE INDEX inferences_of_sample ON inferences (sample_id)",
      "CREATE TABLE faces ("
          + "sample_id BLOB PRIMARY KEY, "
          + "photo BLOB NOT NULL, "
          + "box TEXT NOT NULL, "
          + "is_labelled INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
      "CREATE INDEX faces_of_photo ON faces (photo)",
      "CREATE TABLE feedback ("
          + "revision INTEGER PRIMARY KEY AUTOINCREMENT, "
          + "inference INTEGER NOT NULL REFERENCES inferences (id) ON DELETE CASCADE, "
          + "label TEXT NOT NULL, "
          + "is_right INTEGER NOT NULL, "
          + "origin TEXT NOT NULL, "
          + "given_ms INTEGER NOT NULL, "
          + "upload TEXT REFERENCES uploads (id))",
      "CREATE INDEX feedback_of_inference ON feedback (inference)",
      "CREATE INDEX feedback_unsealed ON feedback (revision) WHERE upload IS NULL",
      "CREATE TABLE uploads ("
          + "id TEXT PRIMARY KEY, "
          + "space TEXT NOT NULL, "
          + "origin TEXT NOT NULL, "
          + "device TEXT NOT NULL, "
          + "samples INTEGER NOT NULL, "
          + "size INTEGER NOT NULL, "
          + "sealed_ms INTEGER NOT NULL, "
          + "body BLOB, "
          + "state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'refused')), "
          + "problem TEXT)",
      "CREATE INDEX uploads_unfinished ON uploads (state) WHERE state != 'acknowledged'",
      "CREATE TABLE state ("
          + "key TEXT PRIMARY KEY, "
          + "value BLOB NOT NULL)"));

  private Schema() {}
}
