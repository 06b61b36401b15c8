package fedexclient.keeping;

import fedexclient.recognise.Answer;
import org.jspecify.annotations.Nullable;

/** An answer, and whether it was kept. */
public final class KeptAnswer {
  private final Answer answer;
  private final @Nullable Long inference;
  private final @Nullable Exception problem;

  private KeptAnswer(Answer answer, @Nullable Long inference, @Nullable Exception problem) {
    this.answer = answer;
    this.inference = inference;
    this.problem = problem;
  }

  static KeptAnswer kept(Answer answer, long inference) {
    return new KeptAnswer(answer, inference, null);
  }

  static KeptAnswer notKept(Answer answer, Exception problem) {
    return new KeptAnswer(answer, null, problem);
  }

  public Answer answer() {
    return answer;
  }

  /** The id to give feedback on; null where it was not kept. */
  public @Nullable Long inference() {
    return inference;
  }

  /**
   * Why it was not kept, null if it was: a {@link fedexclient.cache.CacheException}, or a {@link
   * fedexclient.contract.ImpossibleException} for a feature that no service would take.
   */
  public @Nullable Exception problem() {
    return problem;
  }
}
