package fedexclient.cache;

import fedexclient.contract.Box;
import fedexclient.contract.ContractException;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.recognise.Ranked;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands in the cache as JSON, spelt as the Python device spells it: shapes, boxes, results. */
final class StoredJson {
  private static final int MAX_BYTES = 1 << 20;
  private static final int EDGES = 4;

  private StoredJson() {}

  static String of(FeatureShape shape) {
    return written(shape.sizes());
  }

  static String of(Box box) {
    return written(Arrays.asList(box.left(), box.top(), box.right(), box.bottom()));
  }

  static String of(List<Ranked> results) {
    List<List<Object>> pairs = new ArrayList<>();
    for (Ranked one : results) {
      pairs.add(Arrays.asList(one.label(), one.probability()));
    }
    return written(pairs);
  }

  private static String written(List<?> values) {
    try {
      return JsonWriter.spaced(values);
    } catch (ImpossibleException error) {
      throw new IllegalArgumentException(error); // no probability, or no label: neither comes from an answer
    }
  }

  static FeatureShape shape(Row row, int column) throws CacheDamagedException {
    long[] sizes = integers(list(row, column), row);
    try {
      return FeatureShape.of(sizes);
    } catch (ContractException error) {
      throw row.damaged(error.getMessage());
    }
  }

  static Box box(Row row, int column) throws CacheDamagedException {
    long[] edges = integers(list(row, column), row);
    for (long edge : edges) {
      if (edge != (int) edge) {
        throw row.damaged("expected edges of 32 bits");
      }
    }
    if (edges.length != EDGES) {
      throw row.damaged("expected " + EDGES + " edges, got " + edges.length);
    }
    return new Box((int) edges[0], (int) edges[1], (int) edges[2], (int) edges[3]);
  }

  static List<Ranked> results(Row row, int column) throws CacheDamagedException {
    List<Ranked> results = new ArrayList<>();
    for (Object one : list(row, column)) {
      List<?> pair = one instanceof List ? (List<?>) one : Collections.emptyList();
      if (pair.size() != 2 || !(pair.get(0) instanceof String) || !(pair.get(1) instanceof Number)) {
        throw row.damaged("expected pairs of label and probability");
      }
      results.add(new Ranked((String) pair.get(0), ((Number) pair.get(1)).doubleValue()));
    }
    return Collections.unmodifiableList(results);
  }

  private static long[] integers(List<?> values, Row row) throws CacheDamagedException {
    long[] integers = new long[values.size()];
    for (int index = 0; index < integers.length; index++) {
      if (!(values.get(index) instanceof Long)) {
        throw row.damaged("expected a list of integers");
      }
      integers[index] = (Long) values.get(index);
    }
    return integers;
  }

  private static List<?> list(Row row, int column) throws CacheDamagedException {
    byte[] text = row.text(column).getBytes(StandardCharsets.UTF_8);
    @Nullable Object value;
    try {
      value = JsonReader.read(text, "column " + column, MAX_BYTES);
    } catch (ContractException error) {
      throw row.damaged("expected JSON in column " + column); // without what came: it may be a label
    }
    if (!(value instanceof List)) {
      throw row.damaged("expected a list in column " + column);
    }
    return (List<?>) value;
  }
}
