package fedexclient.cache;

import android.database.sqlite.SQLiteDatabase;
import fedexclient.contract.Sha256;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Looks into the file of a cache from outside, and damages it, with a connection of its own. */
public final class Outside {
  private Outside() {}

  /** Each row as texts with bars between; bytes are hexadecimal digits. */
  public static List<String> rows(File cache, String query) throws CacheException {
    try (Database database = Database.open(cache)) {
      return rows(database, query);
    }
  }

  static List<String> rows(Database database, String query) throws CacheException {
    List<String> rows = new ArrayList<>();
    for (Row row : database.query(query)) {
      rows.add(row.values().stream().map(Outside::text).collect(Collectors.joining("|")));
    }
    return rows;
  }

  public static void change(File cache, String statement) throws CacheException {
    try (Database database = Database.open(cache)) {
      database.change(statement);
    }
  }

  /** Runs statements as Android does that knows nothing of caches. */
  static void run(File file, List<String> statements) {
    file.getParentFile().mkdirs();
    int flags = SQLiteDatabase.CREATE_IF_NECESSARY | SQLiteDatabase.NO_LOCALIZED_COLLATORS;
    try (SQLiteDatabase sqlite = SQLiteDatabase.openDatabase(file.getPath(), null, flags)) {
      for (String statement : statements) {
        sqlite.execSQL(statement);
      }
    }
  }

  /** Lets everything that computed an inference have passed its self-test. */
  public static void passSelfTests(File cache) throws CacheException {
    change(cache, "UPDATE setups SET cosine_ppm = 1000000");
  }

  private static String text(Object value) {
    return value instanceof byte[] ? Sha256.hexDigits((byte[]) value) : String.valueOf(value);
  }
}
