package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SQLite 3.18 by itself, as Android 8.0 has it: it knows no STRICT, no RETURNING and no upsert. */
class OldSqliteTest {
  private static final Class<?>[] TABLES =
      {Database.class, FeedbackTable.class, InferenceTable.class, SetupTable.class, UploadTable.class};
  private static final String STATEMENT = "(?s)(SELECT|INSERT|UPDATE|DELETE) .*";

  @Test
  void every_statement_is_understood() throws Exception {
    try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement maker = sqlite.createStatement()) {
      assertEquals("3.18.0", version(maker));
      assertThrows(SQLException.class, () -> maker.execute("CREATE TABLE strict (id INTEGER) STRICT"));
      for (String statement : Schema.STATEMENTS) {
        maker.execute(statement);
      }
      List<String> statements = statements();
      assertEquals(45, statements.size());
      for (String statement : statements) {
        sqlite.prepareStatement(statement).close();
      }
    }
  }

  private static String version(Statement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery("SELECT sqlite_version()")) {
      return result.getString(1);
    }
  }

  private static List<String> statements() throws IllegalAccessException {
    List<String> statements = new ArrayList<>();
    for (Class<?> table : TABLES) {
      for (Field field : table.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
          field.setAccessible(true);
          String value = (String) field.get(null);
          if (value.matches(STATEMENT)) {
            statements.add(value + (value.endsWith(" IN ") ? "(1, 2)" : ""));
          }
        }
      }
    }
    return statements;
  }
}
