package fedexclient.contract;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A golden document with other values, or without some; {@code a.b} is b of a. */
final class ChangedDocument {
  private final Map<String, Object> document;

  private ChangedDocument(Map<String, Object> document) {
    this.document = document;
  }

  static byte[] encode(String name, Map<?, ?> with, List<?> without) throws ContractException {
    ChangedDocument changed = new ChangedDocument(copy((Map<?, ?>) Golden.json(name)));
    for (Map.Entry<?, ?> entry : with.entrySet()) {
      String path = (String) entry.getKey();
      changed.inner(path).put(last(path), entry.getValue());
    }
    for (Object path : without) {
      changed.inner((String) path).remove(last((String) path));
    }
    return JsonWriter.sorted(changed.document);
  }

  private static Map<String, Object> copy(Map<?, ?> values) {
    Map<String, Object> copy = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : values.entrySet()) {
      Object value = entry.getValue();
      copy.put((String) entry.getKey(), value instanceof Map ? copy((Map<?, ?>) value) : value);
    }
    return copy;
  }

  @SuppressWarnings("unchecked") // what copy made
  private Map<String, Object> inner(String path) {
    Map<String, Object> inner = document;
    String[] keys = path.split("\\.");
    for (int index = 0; index < keys.length - 1; index++) {
      inner = (Map<String, Object>) inner.get(keys[index]);
    }
    return inner;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
