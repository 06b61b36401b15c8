package fedexclient.cache;

import android.database.Cursor;
import android.database.sqlite.SQLiteCantOpenDatabaseException;
import android.database.sqlite.SQLiteCursor;
import android.database.sqlite.SQLiteDatabase;
import android.database.sqlite.SQLiteDatabaseCorruptException;
import android.database.sqlite.SQLiteDatabaseLockedException;
import android.database.sqlite.SQLiteDiskIOException;
import android.database.sqlite.SQLiteException;
import android.database.sqlite.SQLiteFullException;
import android.database.sqlite.SQLiteProgram;
import android.database.sqlite.SQLiteStatement;
import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens the SQLite file of the cache, keeps it at the schema's version, and runs its transactions.
 *
 * <p>Threads may share one, and wait for each other; several processes may share the file (WAL). A commit survives the
 * death of the process at any instant; a loss of power may take the last commits (synchronous NORMAL), never the file.
 *
 * <p>It is one connection: with Android's flag for WAL, a pool of them, a PRAGMA would reach any one of the pool.
 */
final class Database implements AutoCloseable {
  static final int BUSY_TIMEOUT_MS = 5_000;
  static final int MAX_WAL_BYTES = 16 << 20;
  private static final int MAX_SWITCHES_TO_WAL = 100;

  /** Android's window on a query has room for rows of two megabytes. */
  private static final int PIECE_BYTES = 1 << 20;

  /** Without Android's own table of locales. */
  private static final int FLAGS = SQLiteDatabase.CREATE_IF_NECESSARY | SQLiteDatabase.NO_LOCALIZED_COLLATORS;

  /** The first inference of a new file has the number after this one. */
  private static final String NUMBER_FROM = "INSERT INTO sqlite_sequence (name, seq) VALUES ('inferences', ?)";

  private static final String SECRET = "SELECT value FROM state WHERE key = 'secret'";
  private static final String KEEP_SECRET = "INSERT OR IGNORE INTO state VALUES ('secret', ?)";

  private final SQLiteDatabase sqlite;
  private final CacheFiles files;

  private Database(SQLiteDatabase sqlite, CacheFiles files) {
    this.sqlite = sqlite;
    this.files = files;
  }

  /** What is done in a transaction. */
  interface Work<T extends @Nullable Object> {
    T run() throws CacheException;
  }

  /** Opens the file, and makes it where there is none. */
  static Database open(File file) throws CacheException {
    CacheFiles files = new CacheFiles(file);
    files.make();
    Database database = new Database(connect(files), files);
    try {
      database.prepare();
    } catch (Throwable error) {
      database.close();
      throw error;
    }
    return database;
  }

  private static SQLiteDatabase connect(CacheFiles files) throws CacheException {
    try {
      // With a handler of its own, as Android's deletes a file that is damaged.
      return SQLiteDatabase.openDatabase(files.file().getPath(), null, FLAGS, damaged -> {});
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  private void prepare() throws CacheException {
    query("PRAGMA busy_timeout = " + BUSY_TIMEOUT_MS);
    checkVersion();
    switchToWal();
    change("PRAGMA synchronous = NORMAL");
    change("PRAGMA foreign_keys = ON");
    query("PRAGMA journal_size_limit = " + MAX_WAL_BYTES);
    if (version() == 0) {
      create();
      checkVersion();
    }
  }

  /**
   * Switches the file to WAL, from which Android switches it back wherever it is opened and nobody else has it open.
   *
   * <p>SQLite does not wait here while another connection does the same: it upgrades a lock, and refuses at once what
   * might be a deadlock. An empty transaction waits instead, as long as any other.
   */
  private void switchToWal() throws CacheException {
    for (int remaining = MAX_SWITCHES_TO_WAL - 1;; remaining--) {
      try {
        query("PRAGMA journal_mode = WAL");
        return;
      } catch (CacheAccessException error) {
        if (remaining == 0 || !(error.getCause() instanceof SQLiteDatabaseLockedException)) {
          throw error;
        }
      }
      waitForOthers();
    }
  }

  private void waitForOthers() throws CacheException {
    try {
      sqlite.beginTransaction(); // an exclusive one
      sqlite.endTransaction();
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  private void checkVersion() throws CacheException {
    long version = version();
    String how = "expected schema version " + Schema.VERSION + ", got " + version;
    if (version > Schema.VERSION) {
      throw new NewerCacheException(files.file() + ": " + how);
    }
    if (version < 0) {
      throw files.damaged(how);
    }
  }

  private void create() throws CacheException {
    transaction(() -> {
      if (version() == 0) { // another process may have been first
        for (String statement : Schema.STATEMENTS) {
          change(statement);
        }
        if (files.setAsideFile() != null) {
          // Whoever still has a number of that file must not mean another answer by it: fewer come than milliseconds.
          change(NUMBER_FROM, System.currentTimeMillis());
        }
        change("PRAGMA user_version = " + Schema.VERSION);
      }
      return null;
    });
  }

  private long version() throws CacheException {
    return query("PRAGMA user_version").get(0).integer(0);
  }

  CacheFiles files() {
    return files;
  }

  /** Another thread may have closed it, as the app ends or the file is damaged: that is no bug of whoever asks. */
  private SQLiteDatabase opened() throws CacheAccessException {
    if (!sqlite.isOpen()) {
      throw new CacheAccessException(files.file() + ": expected an open cache, got one that was closed");
    }
    return sqlite;
  }

  /** Returns all rows of one query. Where they are more than two megabytes, it is run again for what is left. */
  synchronized List<Row> query(String sql, Object... parameters) throws CacheException {
    SQLiteDatabase.CursorFactory binding = (database, driver, table, query) -> {
      bind(query, parameters);
      return new SQLiteCursor(driver, table, query);
    };
    try (Cursor cursor = opened().rawQueryWithFactory(binding, sql, null, "")) {
      return rows(cursor);
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  private List<Row> rows(Cursor cursor) throws CacheAccessException {
    List<Row> rows = new ArrayList<>();
    try {
      while (cursor.moveToNext()) {
        rows.add(row(cursor));
      }
    } catch (SQLiteException error) {
      throw error;
    } catch (RuntimeException error) {
      // A window that cannot be had, or that lost a row: exceptions of no kind in common, and of no name before API 33.
      throw new CacheAccessException(files.file() + ": " + error.getMessage(), error);
    }
    return rows;
  }

  /**
   * Returns one blob, however large; null where there is no row.
   *
   * @param sql selects {@code length(blob), substr(blob, ?2, ?3)} of the row that {@code ?1} names
   */
  byte @Nullable [] blob(String sql, Object key) throws CacheException {
    byte[] blob = null;
    int size = 0;
    do {
      List<Row> rows = query(sql, key, size + 1, PIECE_BYTES);
      if (rows.isEmpty()) {
        return null;
      }
      blob = blob == null ? new byte[rows.get(0).size(0)] : blob;
      byte[] piece = rows.get(0).bytes(1);
      if (piece.length != Math.min(PIECE_BYTES, blob.length - size)) {
        throw files.damaged("expected a blob of " + blob.length + " bytes, got less or more");
      }
      System.arraycopy(piece, 0, blob, size, piece.length);
      size += piece.length;
    } while (size < blob.length);
    return blob;
  }

  /** Runs one statement, outside a transaction in one of its own; returns how many rows it changed. */
  synchronized int change(String sql, Object... parameters) throws CacheException {
    try (SQLiteStatement statement = opened().compileStatement(sql)) {
      bind(statement, parameters);
      return statement.executeUpdateDelete();
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  /** Runs an INSERT as {@link #change} does; returns the id of its row, or -1 where it added none. */
  synchronized long insert(String sql, Object... parameters) throws CacheException {
    try (SQLiteStatement statement = opened().compileStatement(sql)) {
      bind(statement, parameters);
      return statement.executeInsert();
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  /** Holds the write lock for the work: all of it is kept, or nothing. */
  synchronized <T extends @Nullable Object> T transaction(Work<T> work) throws CacheException {
    begin();
    T result;
    try {
      result = work.run();
    } catch (Throwable error) {
      rollBack(error);
      throw error;
    }
    commit();
    return result;
  }

  /**
   * As {@link #transaction}; it, and all before it, also outlives a loss of power: for what another machine will be
   * told.
   */
  synchronized <T extends @Nullable Object> T durably(Work<T> work) throws CacheException {
    change("PRAGMA synchronous = FULL");
    try {
      return transaction(work);
    } finally {
      change("PRAGMA synchronous = NORMAL");
    }
  }

  private void begin() throws CacheException {
    try {
      opened().beginTransactionNonExclusive();
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  private void commit() throws CacheException {
    sqlite.setTransactionSuccessful();
    try {
      sqlite.endTransaction();
    } catch (SQLiteException error) {
      throw failure(files, error);
    }
  }

  private void rollBack(Throwable why) {
    try {
      sqlite.endTransaction();
    } catch (SQLiteException error) {
      why.addSuppressed(error); // a full disk has rolled it back already
    }
  }

  /**
   * Deletes all rows of some tables, in one transaction, and overwrites what they were in.
   *
   * <p>Another process that is reading keeps older pages in the log until it has done.
   */
  synchronized void clear(List<String> tables) throws CacheException {
    query("PRAGMA secure_delete = ON");
    durably(() -> {
      for (String table : tables) {
        change("DELETE FROM " + table);
      }
      return null;
    });
    query("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** The random bytes of this cache; those given are kept the first time. */
  synchronized byte[] secret(byte[] made) throws CacheException {
    if (query(SECRET).isEmpty()) {
      change(KEEP_SECRET, made); // another process may be first, and then its bytes stay
    }
    return query(SECRET).get(0).bytes(0);
  }

  /** Closes the file; whatever is asked afterwards is refused. */
  @Override
  public synchronized void close() {
    sqlite.close();
  }

  /** A list for SQL's IN. Numbers stand in it as they are: before SQLite 3.32 a statement has 999 parameters. */
  static String listed(List<Long> numbers) {
    StringBuilder listed = new StringBuilder("(");
    for (Long number : numbers) {
      listed.append(listed.length() == 1 ? "" : ", ").append(number);
    }
    return listed.append(')').toString();
  }

  private static void bind(SQLiteProgram program, Object... parameters) {
    for (int index = 0; index < parameters.length; index++) {
      Object parameter = parameters[index];
      if (parameter instanceof byte[]) {
        program.bindBlob(index + 1, (byte[]) parameter);
      } else if (parameter instanceof String) {
        program.bindString(index + 1, (String) parameter);
      } else {
        program.bindLong(index + 1, ((Number) parameter).longValue());
      }
    }
  }

  private Row row(Cursor cursor) {
    List<@Nullable Object> values = new ArrayList<>();
    for (int column = 0; column < cursor.getColumnCount(); column++) {
      values.add(value(cursor, column));
    }
    return new Row(Collections.unmodifiableList(values), files);
  }

  private static @Nullable Object value(Cursor cursor, int column) {
    switch (cursor.getType(column)) {
      case Cursor.FIELD_TYPE_INTEGER:
        return cursor.getLong(column);
      case Cursor.FIELD_TYPE_FLOAT:
        return cursor.getDouble(column);
      case Cursor.FIELD_TYPE_STRING:
        return cursor.getString(column);
      case Cursor.FIELD_TYPE_BLOB:
        return cursor.getBlob(column);
      default:
        return null;
    }
  }

  private static CacheException failure(CacheFiles files, SQLiteException error) {
    String message = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    if (error instanceof SQLiteDatabaseCorruptException) {
      return files.damaged(message, error);
    }
    String said = files.file() + ": " + message;
    boolean needsRoom = error instanceof SQLiteDiskIOException || error instanceof SQLiteCantOpenDatabaseException;
    if (error instanceof SQLiteFullException || needsRoom && files.isFull()) {
      return new CacheFullException(said, error);
    }
    return new CacheAccessException(said, error);
  }
}
