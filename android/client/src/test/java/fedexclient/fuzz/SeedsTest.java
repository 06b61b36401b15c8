package fedexclient.fuzz;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertFalse;

import fedexclient.contract.ContractException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What fuzzing begins with: each parser has something, and a typed error for what is left where it is cut. */
class SeedsTest {
  static Stream<byte[]> seeds() {
    return Seeds.all();
  }

  @ParameterizedTest
  @EnumSource(Parser.class)
  void each_parser_has_something_to_begin_with(Parser parser) {
    assertFalse(Seeds.of(parser).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void a_seed_that_is_cut_short_gives_nothing_but_typed_errors(byte[] seed) {
    Parser parser = Parser.values()[seed[0]];
    int step = Math.max(1, seed.length / 200);
    for (int length = 1; length < seed.length; length += step) {
      byte[] data = Arrays.copyOfRange(seed, 1, length);
      try {
        parser.parse(data);
      } catch (ContractException expected) {
        // typed: what a caller is ready for
      }
    }
  }

  @Test
  void nothing_is_no_upload() {
    assertThrows(ContractException.class, () -> Parser.UPLOAD.parse(new byte[0]));
  }
}
