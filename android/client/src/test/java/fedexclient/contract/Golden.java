package fedexclient.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The golden files of the contract, and how their vectors are read; the property fedex.golden says where they lie. */
public final class Golden {
  private Golden() {}

  public static Path folder() {
    return Paths.get(System.getProperty("fedex.golden", "../../tests/contract/golden"));
  }

  public static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(folder().resolve(name));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  public static String text(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8);
  }

  public static Object json(String name) {
    try {
      return JsonReader.read(bytes(name), name, 1 << 20);
    } catch (ContractException error) {
      throw new IllegalStateException(error);
    }
  }

  /** The vectors of a file that is a list of objects. */
  public static List<Vector> vectors(String name) {
    return vectorsOf(json(name));
  }

  /** The vectors of one key of a file that is an object of lists. */
  public static List<Vector> vectors(String name, String key) {
    return vectorsOf(((Map<?, ?>) json(name)).get(key));
  }

  /** The vectors of a file that is an object of objects; the key is their name. */
  public static List<Vector> named(String name) {
    List<Vector> vectors = new ArrayList<>();
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) json(name)).entrySet()) {
      vectors.add(new Vector((Map<?, ?>) entry.getValue(), (String) entry.getKey()));
    }
    return vectors;
  }

  static List<Vector> vectorsOf(Object list) {
    List<Vector> vectors = new ArrayList<>();
    for (Object value : (List<?>) list) {
      vectors.add(new Vector((Map<?, ?>) value, null));
    }
    return vectors;
  }

  /** One vector: what is given, and what is expected of it. */
  public static final class Vector {
    private final Map<?, ?> values;
    private final String name;

    Vector(Map<?, ?> values, String name) {
      this.values = values;
      this.name = name;
    }

    public boolean has(String key) {
      return values.get(key) != null;
    }

    public Object get(String key) {
      return values.get(key);
    }

    public String text(String key) {
      return (String) values.get(key);
    }

    public long integer(String key) {
      return (Long) values.get(key);
    }

    public double number(String key) {
      return numberOf(values.get(key));
    }

    public byte[] hex(String key) {
      return Sha256.bytesOf(text(key));
    }

    public List<?> list(String key) {
      return (List<?>) values.get(key);
    }

    public Map<?, ?> map(String key) {
      return (Map<?, ?>) values.get(key);
    }

    public Vector vector(String key) {
      return new Vector(map(key), null);
    }

    public List<Vector> vectors(String key) {
      return vectorsOf(values.get(key));
    }

    public long[] integers(String key) {
      return list(key).stream().mapToLong(one -> (Long) one).toArray();
    }

    public float[] floats(String key) {
      List<?> list = list(key);
      float[] floats = new float[list.size()];
      for (int index = 0; index < floats.length; index++) {
        floats[index] = (float) numberOf(list.get(index));
      }
      return floats;
    }

    /** The JSON of a value. */
    public byte[] encoded(String key) {
      try {
        return JsonWriter.sorted(values.get(key));
      } catch (ContractException error) {
        throw new IllegalStateException(error);
      }
    }

    private static double numberOf(Object value) {
      if (value instanceof String) {
        String text = (String) value;
        return text.equals("nan") ? Double.NaN
            : text.equals("inf") ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
      }
      return ((Number) value).doubleValue();
    }

    /** What names the vector in a report. */
    @Override
    public String toString() {
      for (String key : new String[] {"what", "why", "name", "text", "header", "entered"}) {
        if (name == null && values.get(key) instanceof String) {
          return text(key);
        }
      }
      return name == null ? values.toString() : name;
    }
  }
}
