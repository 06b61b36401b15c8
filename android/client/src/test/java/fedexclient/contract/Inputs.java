package fedexclient.contract;

import java.util.LinkedHashMap;
import java.util.Map;

/** Makes inputs of what golden files say of them, as if a bundle said it. */
public final class Inputs {
  private Inputs() {}

  /** Reads what stands as {@code input} in a bundle's document. */
  public static ModelInput parse(Map<?, ?> input) {
    try {
      byte[] document = JsonWriter.sorted(Map.of("input", input));
      return ModelInput.parse(JsonReader.readDocument(document, "bundle", 1 << 20));
    } catch (ContractException error) {
      throw new IllegalStateException(error);
    }
  }

  /** A photo's input: height, width and fit of a golden vector, and its channels, or 3. */
  public static PhotoInput photo(Golden.Vector vector) {
    Map<Object, Object> input = new LinkedHashMap<>(Map.of("kind", "photo", "channels", 3L));
    for (String key : new String[] {"height", "width", "channels", "fit"}) {
      if (vector.has(key)) {
        input.put(key, vector.get(key));
      }
    }
    return (PhotoInput) parse(input);
  }

  /** An input of faces of so many pixels a side, by parameters; those that {@code changes} has are others. */
  public static PhotoInput faces(long side, Map<?, ?> parameters, Map<?, ?> changes) {
    Map<Object, Object> faces = new LinkedHashMap<>(parameters);
    faces.putAll(changes);
    return (PhotoInput) parse(Map.of(
        "kind", "photo", "channels", 3L, "height", side, "width", side, "fit", "faces", "faces", faces));
  }
}
