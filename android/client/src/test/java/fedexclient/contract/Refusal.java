package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

/** How the golden files name the kind of a refusal: as the Python package names its errors. */
public final class Refusal {
  private Refusal() {}

  /** Runs what must be refused, and names the kind. */
  public static String of(Executable reading) {
    return kindOf(assertThrows(ContractException.class, reading));
  }

  public static String kindOf(ContractException error) {
    return error.getClass().getSimpleName().replace("Exception", "");
  }
}
