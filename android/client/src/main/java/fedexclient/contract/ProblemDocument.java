package fedexclient.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How the service refuses a request (RFC 9457): what was expected, what was got, and where. */
public final class ProblemDocument {
  /** The media type. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** Of a document. */
  public static final int MAX_BYTES = 64 << 10;

  /** As many as an upload may have. */
  public static final int MAX_SAMPLES = 256;

  private final Problem problem;
  private final String where;
  private final String expected;
  private final String got;
  private final List<Integer> samples;

  private ProblemDocument(Fields fields) throws ContractException {
    where = textOrNothing(fields, "where");
    expected = textOrNothing(fields, "expected");
    got = textOrNothing(fields, "got");
    problem = fields.choice("type", Problem.class);
    samples = parseSamples(fields);
  }

  /** Reads a problem document of this contract; what it says to people may be missing. */
  public static ProblemDocument parse(byte[] data) throws ContractException {
    return new ProblemDocument(JsonReader.readDocument(data, "problem", MAX_BYTES));
  }

  private static String textOrNothing(Fields fields, String key) throws ContractException {
    return fields.has(key) ? fields.text(key, MAX_BYTES) : "";
  }

  private static List<Integer> parseSamples(Fields fields) throws ContractException {
    if (!fields.has("samples")) {
      return Collections.emptyList();
    }
    List<Integer> samples = new ArrayList<>();
    long before = -1;
    for (long sample : fields.integers("samples", MAX_SAMPLES)) {
      if (sample <= before) {
        throw new ImpossibleException(fields.place("samples"), "rising numbers", Long.toString(sample));
      }
      before = sample;
      // None is so large of any upload; beyond it a number says no more.
      samples.add((int) Math.min(sample, Integer.MAX_VALUE));
    }
    if (samples.isEmpty()) {
      throw new ImpossibleException(fields.place("samples"), "one at least", "none");
    }
    return Collections.unmodifiableList(samples);
  }

  public Problem problem() {
    return problem;
  }

  /** For people; may be empty, as may the next two. */
  public String where() {
    return where;
  }

  public String expected() {
    return expected;
  }

  public String got() {
    return got;
  }

  /** Of an upload, counted from 0: those without which it would be taken; empty where the fault is not theirs. */
  public List<Integer> samples() {
    return samples;
  }
}
