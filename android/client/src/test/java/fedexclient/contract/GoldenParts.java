package fedexclient.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Parts of golden files that are objects of several kinds. */
public final class GoldenParts {
  private GoldenParts() {}

  /** One value of a file that is an object. */
  public static Map<?, ?> map(String name, String key) {
    return (Map<?, ?>) ((Map<?, ?>) Golden.json(name)).get(key);
  }

  /** One value of it, as a vector. */
  public static Golden.Vector vector(String name, String key) {
    return new Golden.Vector(map(name, key), key);
  }

  /** The vectors of a key whose value is an object of objects; their names are its keys. */
  public static List<Golden.Vector> named(String name, String key) {
    List<Golden.Vector> vectors = new ArrayList<>();
    for (Map.Entry<?, ?> entry : map(name, key).entrySet()) {
      vectors.add(new Golden.Vector((Map<?, ?>) entry.getValue(), (String) entry.getKey()));
    }
    return vectors;
  }
}
