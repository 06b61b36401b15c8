package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Box;
import fedexclient.contract.FeatureShape;
import fedexclient.recognise.Ranked;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** What tests/device/cache/java_exchange.py puts into a cache, call by call: the rows must be the same. */
final class Story {
  static final SealedAs FAMILY = new SealedAs("family@0123456789abcdef", "d".repeat(16));
  static final int MAX_UNFED = 4;

  private static final List<Ranked> RESULTS = List.of(
      new Ranked("Zo\u00eb \"die\" Erste\\", 1.0 / 3), new Ranked("\u674e", 1e-5), new Ranked("Ada", 1),
      new Ranked("Ben", 0));
  private static final BundleSetup FIRST = Entries.computedBy("fedex 1");
  private static final BundleSetup SECOND = Entries.computedBy("fedex 2");
  private static final Box LEFT = new Box(10, 10, 110, 110);
  private static final Box RIGHT = new Box(200, 10, 300, 110);
  private static final Box LEFT_AGAIN = new Box(14, 7, 116, 108);
  private static final Box RIGHT_AGAIN = new Box(197, 12, 299, 113);
  private static final String[] TABLES =
      {"spaces", "setups", "inferences", "faces", "feedback", "uploads", "state", "sqlite_sequence"};

  private Story() {}

  static void tell(File file) throws Exception {
    byte[] secret = new byte[32];
    for (int index = 0; index < secret.length; index++) {
      secret[index] = (byte) index;
    }
    try (Database database = Database.open(file)) {
      database.change("INSERT INTO state VALUES ('secret', ?)", secret);
    }
    try (Cache cache = Cache.open(file, MAX_UNFED)) {
      infer(cache);
      cache.setups().keep(1, 999_987);
      cache.setups().keep(2, 100);
      seal(cache);
    }
  }

  private static void infer(Cache cache) throws Exception {
    long space = cache.inferences().spaceKey("a".repeat(64), FeatureShape.of(2, 2));
    cache.inferences().spaceKey("b".repeat(64), FeatureShape.of(4));
    long first = cache.inferences().add(inference(1, false), space);
    cache.feedback().add(NewFeedback.agreeing(first, "Ada", "", 2001));
    cache.feedback().add(NewFeedback.correcting(first, "Zo\u00eb", FAMILY.origin(), 2002));
    cache.inferences().add(inference(2, true), space);
    cache.inferences().addAll(faces(FIRST, LEFT, RIGHT), space);
    cache.inferences().addAll(faces(SECOND, RIGHT_AGAIN, LEFT_AGAIN), space);
    for (long id = 3; id <= 5; id++) {
      cache.feedback().add(NewFeedback.correcting(id, "Ben", FAMILY.origin(), 2000 + id));
    }
  }

  private static void seal(Cache cache) throws Exception {
    byte[] body = new byte[256];
    for (int index = 0; index < body.length; index++) {
      body[index] = (byte) index;
    }
    assertTrue(cache.uploads().add(upload("1", body), List.of(1L, 2L), FAMILY, 5001));
    cache.uploads().acknowledge(id("1"));
    assertTrue(cache.uploads().add(upload("2", body), List.of(3L), FAMILY, 5002));
    cache.uploads().setAside(id("2"), "PUT here: 422 \u201eno\u201c");
    assertTrue(cache.uploads().add(upload("3", body), List.of(4L), FAMILY, 5003));
    cache.uploads().note(id("3"), "PUT here: 503");
    assertFalse(cache.uploads().add(upload("4", body), List.of(4L, 5L), FAMILY, 5004));
    assertTrue(cache.uploads().add(upload("5", body), List.of(5L), FAMILY, 5005));
    assertTrue(cache.uploads().takeApart(id("5"), 1));
  }

  static String id(String digit) {
    return digit.repeat(64);
  }

  private static SealedUpload upload(String digit, byte[] body) {
    return new SealedUpload(id(digit), "a".repeat(64), 1, body);
  }

  private static NewInference inference(int number, boolean isUnknown) {
    return new NewInference(
        Entries.photo(number), null, feature(number), RESULTS, isUnknown, 3, FIRST, 1000 + number);
  }

  private static List<NewInference> faces(BundleSetup computedBy, Box... boxes) {
    List<NewInference> faces = new ArrayList<>();
    for (Box box : boxes) {
      faces.add(new NewInference(Entries.photo(3), box, feature(3), RESULTS, false, 0, computedBy, 1003));
    }
    return faces;
  }

  private static float[] feature(int number) {
    return new float[] {number, number + 0.5f, -number, number / 3f};
  }

  /** Every value of every table, as SQL spells it. */
  static List<String> lines(File file) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Database database = Database.open(file)) {
      for (String table : TABLES) {
        List<String> quoted = new ArrayList<>();
        for (Row column : database.query("PRAGMA table_info(" + table + ")")) {
          quoted.add("quote(\"" + column.text(1) + "\")");
        }
        String query = "SELECT " + String.join(" || '|' || ", quoted) + " FROM " + table + " ORDER BY 1";
        for (String row : Outside.rows(database, query)) {
          lines.add(table + ": " + row);
        }
      }
    }
    return lines;
  }
}
