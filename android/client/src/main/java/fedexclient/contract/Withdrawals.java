package fedexclient.contract;

import java.util.List;

/** Which releases of a line must not serve any more. */
public final class Withdrawals {
  /** Runs of serials. */
  public static final int MAX_RANGES = 64;

  private final long[] firsts;
  private final long[] lasts;

  private Withdrawals(long[] firsts, long[] lasts) {
    this.firsts = firsts;
    this.lasts = lasts;
  }

  /** Reads {@code withdraws} of the release of a serial; none where it is missing or null. */
  static Withdrawals parse(Fields fields, long serial) throws ContractException {
    if (!fields.has("withdraws")) {
      return new Withdrawals(new long[0], new long[0]);
    }
    List<Fields> documents = fields.documents("withdraws", MAX_RANGES);
    long[] firsts = new long[documents.size()];
    long[] lasts = new long[documents.size()];
    long lowest = 1;
    for (int index = 0; index < firsts.length; index++) {
      firsts[index] = documents.get(index).integer("first", lowest, serial - 1);
      lasts[index] = documents.get(index).integer("last", firsts[index], serial - 1);
      lowest = lasts[index] + 1;
    }
    return new Withdrawals(firsts, lasts);
  }

  /** Whether the release of a serial is withdrawn. */
  public boolean contain(long serial) {
    for (int index = 0; index < firsts.length; index++) {
      if (firsts[index] <= serial && serial <= lasts[index]) {
        return true;
      }
    }
    return false;
  }

  public boolean isEmpty() {
    return firsts.length == 0;
  }
}
