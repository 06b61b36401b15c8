package fedexclient.fuzz;

import fedexclient.contract.Golden;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where fuzzing begins: golden files, vectors of them, and files that a device writes, each behind the byte that chooses
 * its parser.
 */
final class Seeds {
  private Seeds() {}

  static Stream<byte[]> all() {
    List<byte[]> seeds = new ArrayList<>();
    for (Parser parser : Parser.values()) {
      for (byte[] data : of(parser)) {
        byte[] seed = new byte[1 + data.length];
        seed[0] = (byte) parser.ordinal();
        System.arraycopy(data, 0, seed, 1, data.length);
        seeds.add(seed);
      }
    }
    return seeds.stream();
  }

  static List<byte[]> of(Parser parser) {
    List<byte[]> seeds = new ArrayList<>();
    for (String name : parser.seeds()) {
      seeds.addAll(named(name));
    }
    byte[] written = parser.written();
    if (written != null) {
      seeds.add(written);
    }
    return seeds;
  }

  private static List<byte[]> named(String name) {
    String[] parts = name.split("[#%]");
    if (parts.length == 1) {
      return List.of(Golden.bytes(name));
    }
    List<byte[]> data = new ArrayList<>();
    for (Golden.Vector vector : vectors(parts[0])) {
      if (vector.has(parts[1])) {
        data.add(name.contains("%") ? vector.hex(parts[1]) : vector.text(parts[1]).getBytes(StandardCharsets.UTF_8));
      }
    }
    return data;
  }

  private static List<Golden.Vector> vectors(String name) {
    return name.equals("clocks.json") ? Golden.vectors(name, "dates") : Golden.vectors(name);
  }
}
