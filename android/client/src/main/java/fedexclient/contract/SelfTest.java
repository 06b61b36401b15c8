package fedexclient.contract;

import java.util.LinkedHashMap;
import java.util.Map;

/** The outcome of one self-test: how near a setup's feature of the golden input came to the golden feature. */
public final class SelfTest {
  /** Millionths in 1, the cosine of features that point the same way. */
  public static final int PPM = 1_000_000;

  private final Setup setup;
  private final int cosinePpm;

  private SelfTest(Setup setup, int cosinePpm) {
    this.setup = setup;
    this.cosinePpm = cosinePpm;
  }

  /** Makes an outcome of a cosine in millionths. */
  public static SelfTest of(Setup setup, int cosinePpm) throws ImpossibleException {
    if (Math.abs((long) cosinePpm) > PPM) {
      String where = "self_test.cosine_ppm";
      throw new ImpossibleException(where, "-" + PPM + " to " + PPM, Integer.toString(cosinePpm));
    }
    return new SelfTest(setup, cosinePpm);
  }

  static SelfTest parse(Fields fields) throws ContractException {
    Setup setup = Setup.parse(fields);
    return new SelfTest(setup, (int) fields.integer("cosine_ppm", -PPM, PPM));
  }

  /** Compares two features of one shape; 0 where one is all zeros, or has a NaN or an infinity. */
  public static int compare(float[] golden, float[] got) {
    double ours = 0;
    double theirs = 0;
    double both = 0;
    for (int index = 0; index < golden.length; index++) {
      ours += (double) golden[index] * golden[index];
      theirs += (double) got[index] * got[index];
      both += (double) golden[index] * got[index];
    }
    double lengths = Math.sqrt(ours) * Math.sqrt(theirs);
    if (!(lengths > 0) || Double.isInfinite(lengths)) {
      return 0;
    }
    return (int) Math.max(-PPM, Math.min(PPM, Math.rint(both / lengths * PPM)));
  }

  public Setup setup() {
    return setup;
  }

  public int cosinePpm() {
    return cosinePpm;
  }

  /** Whether features of this setup may be sent. */
  public boolean passes(int leastCosinePpm) {
    return cosinePpm >= leastCosinePpm;
  }

  Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("cosine_ppm", cosinePpm);
    document.put("app", setup.app());
    document.put("runtime", setup.runtime());
    document.put("delegate", setup.delegate());
    document.put("system", setup.system());
    return document;
  }
}
