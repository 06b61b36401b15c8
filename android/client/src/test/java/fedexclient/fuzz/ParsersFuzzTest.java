package fedexclient.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import fedexclient.contract.ContractException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every parser, on bytes that Jazzer changes by what they reach: nothing but the typed errors, in bounded memory.
 *
 * <p>The first byte of an input chooses the parser; the golden files are what it begins with. Without JAZZER_FUZZ=1 it
 * runs these alone.
 */
class ParsersFuzzTest {
  static Stream<byte[]> seeds() {
    return Seeds.all();
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void a_minute_of_fuzzing_finds_nothing_but_typed_errors(byte[] data) {
    parse(data);
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1h")
  void an_hour_of_fuzzing_finds_nothing_but_typed_errors(byte[] data) {
    parse(data);
  }

  private static void parse(byte[] data) {
    if (data.length == 0) {
      return;
    }
    Parser[] parsers = Parser.values();
    try {
      parsers[(data[0] & 255) % parsers.length].parse(Arrays.copyOfRange(data, 1, data.length));
    } catch (ContractException expected) {
      // typed: what a caller is ready for
    }
  }
}
