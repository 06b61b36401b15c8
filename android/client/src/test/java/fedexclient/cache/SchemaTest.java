package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemaTest {
  @Test
  void it_is_the_schema_of_the_python_device_but_for_its_word_strict() throws Exception {
    byte[] bytes = Files.readAllBytes(Paths.get(System.getProperty("fedex.root", "../.."), "device/cache/schema.sql"));
    List<String> statements = new ArrayList<>();
    for (String statement : plain(new String(bytes, StandardCharsets.UTF_8)).split(";")) {
      if (!statement.trim().isEmpty()) {
        statements.add(statement.trim());
      }
    }
    assertEquals(Schema.STATEMENTS, statements);
  }

  /** Without comments, line ends and STRICT. */
  static String plain(String sql) {
    return sql.replaceAll("--[^\n]*", "").replaceAll("\\s+", " ").replace("( ", "(").replace(" )", ")")
        .replace(" STRICT,", "").replace(" STRICT", "");
  }
}
