package fedexclient.contract;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What becomes of an upload that was sent: the only table of it. */
public enum UploadFate {
  /** The service has it: its samples need not be sent again. */
  ACKNOWLEDGED("acknowledged"),
  /** The samples that are at fault are set aside, the others sealed anew, and the push goes on. */
  SAMPLES_ARE_SET_ASIDE("samples are set aside"),
  /** Its samples are sealed anew, in smaller uploads, and the push goes on. */
  IS_SPLIT("is split"),
  /** It is kept, and not sent again until somebody asks for that; the push goes on. */
  IS_SET_ASIDE("is set aside"),
  /** It waits for the next push; this one goes on. */
  WAITS("waits, others go on"),
  /** It waits for the next push, as does all that is not acknowledged. */
  ALL_WAIT("waits, as do all others");

  private static final String JSON_MEDIA_TYPE = "application/json";
  private static final int TOO_LARGE = 413;
  private static final Set<Integer> LATER =
      Collections.unmodifiableSet(new HashSet<>(Arrays.asList(408, 429, 500, 502, 503, 504)));
  private static final Set<Problem> OF_SAMPLES =
      EnumSet.of(Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE);
  private static final Set<Problem> OF_THE_UPLOAD = EnumSet.of(
      Problem.MALFORMED, Problem.UNSUPPORTED_VERSION, Problem.TOO_LARGE, Problem.IMPOSSIBLE, Problem.WRONG_SPACE,
      Problem.SELF_TEST_FAILED);

  private final String text;

  UploadFate(String text) {
    this.text = text;
  }

  /**
   * Decides by an answer.
   *
   * @param upload its sha256
   * @param samples how many it has
   * @param mediaType the answer's Content-Type, empty where it has none
   */
  public static UploadFate of(String upload, int samples, int status, String mediaType, byte[] body) {
    String kind = mediaType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    if (status == 200 || status == 201) {
      return kind.equals(JSON_MEDIA_TYPE) && acknowledges(upload, body) ? ACKNOWLEDGED : ALL_WAIT;
    }
    @Nullable ProblemDocument document = LATER.contains(status) ? null : problemOf(status, kind, body);
    if (document == null) {
      return ofUnexplained(status, samples > 1);
    }
    return ofRefusal(document.problem(), document.samples(), samples > 1);
  }

  /**
   * Decides by a refusal of the service.
   *
   * @param atFault the samples that it names; empty where the fault is not theirs
   * @param canSplit whether the upload can be taken apart: not a single sample, nor one whose feedback is not all here
   */
  public static UploadFate ofRefusal(Problem problem, List<Integer> atFault, boolean canSplit) {
    if (canSplit && !atFault.isEmpty() && OF_SAMPLES.contains(problem)) {
      return SAMPLES_ARE_SET_ASIDE;
    }
    if (canSplit && problem == Problem.TOO_LARGE) {
      return IS_SPLIT;
    }
    if (OF_THE_UPLOAD.contains(problem)) {
      return IS_SET_ASIDE;
    }
    return problem == Problem.UNKNOWN_SPACE || problem == Problem.RETIRED_SPACE ? WAITS : ALL_WAIT;
  }

  /** Decides by a refusal that is not the service's: a proxy's own bound, whose smaller uploads lose nothing. */
  public static UploadFate ofUnexplained(int status, boolean canSplit) {
    return status == TOO_LARGE ? ofCutOff(canSplit) : ALL_WAIT;
  }

  /** Decides about an upload that broke off: a line that does not last for all of it may last for half. */
  public static UploadFate ofCutOff(boolean canSplit) {
    return canSplit ? IS_SPLIT : ALL_WAIT;
  }

  private static boolean acknowledges(String upload, byte[] body) {
    try {
      return Acknowledgement.parse(body).upload().equals(upload);
    } catch (ContractException error) {
      return false; // a page in between, say: it is sent again
    }
  }

  /** Reads the document of a refusal; null where it is not the service's: without one, or of another status. */
  private static @Nullable ProblemDocument problemOf(int status, String kind, byte[] body) {
    if (!kind.equals(ProblemDocument.MEDIA_TYPE)) {
      return null;
    }
    try {
      ProblemDocument document = ProblemDocument.parse(body);
      return document.problem().status() == status ? document : null;
    } catch (ContractException error) {
      return null;
    }
  }

  /** In the words of the contract's page. */
  @Override
  public String toString() {
    return text;
  }
}
