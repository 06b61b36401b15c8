package fedexclient.recognise;

import fedexclient.contract.Box;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers as a recognizer gives them: Ada, or Ben. */
public final class Answers {
  private Answers() {}

  /** Of a whole photo, known. */
  public static Answer of(float... feature) {
    return of(feature, null, 0);
  }

  /** Of a face. */
  public static Answer ofFace(Box box, float... feature) {
    return of(feature, box, 0);
  }

  /** Of somebody who is not known. */
  public static Answer unknown(float... feature) {
    return of(feature, null, 1);
  }

  private static Answer of(float[] feature, @Nullable Box box, double threshold) {
    Ranking ranking = Ranking.of(new float[] {1, 0}, List.of("Ada", "Ben"), 1, threshold, 2);
    return new Answer(ranking, feature, 3, box, true);
  }

  /** What a model throws that does not run. */
  public static ModelRefusedException refused(String message) {
    return new ModelRefusedException(message);
  }
}
