package fedexclient.keeping;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.NewFeedback;
import fedexclient.cache.StoredInference;
import fedexclient.contract.ContractException;
import fedexclient.contract.Label;
import java.util.function.LongSupplier;

/** Keeps what a user says of an inference: that it was right, or the right label. */
public final class Feedback {
  private final Cache cache;
  private final String origin;
  private final LongSupplier nowMs;

  /**
   * Keeps it in an open cache.
   *
   * @param origin the group in which it is given ({@code Identity.origin()}), empty before enrolment
   * @param nowMs Unix milliseconds
   */
  public Feedback(Cache cache, String origin, LongSupplier nowMs) {
    this.cache = cache;
    this.origin = origin;
    this.nowMs = nowMs;
  }

  /**
   * Keeps that an answer was right.
   *
   * @throws UnknownAnswerException it named nobody
   * @throws ContractException its label may be in no upload, as of a release of another version
   * @throws fedexclient.cache.NoInferenceException the cache does not have it, or no longer
   */
  public KeptFeedback agree(long inference) throws CacheException, ContractException, UnknownAnswerException {
    String label = rightLabel(cache.inferences().get(inference));
    long revision = cache.feedback().add(NewFeedback.agreeing(inference, label, origin, nowMs.getAsLong()));
    return new KeptFeedback(inference, label, revision);
  }

  /** The label of an answer that is called right. Pure. */
  static String rightLabel(StoredInference inference) throws ContractException, UnknownAnswerException {
    if (inference.isUnknown() || inference.results().isEmpty()) {
      throw new UnknownAnswerException(inference.id());
    }
    return Label.of(inference.results().get(0).label());
  }

  /**
   * Keeps the right label of an answer, known or new.
   *
   * @param entered what the user entered, or chose
   * @throws ContractException it is no label
   * @throws fedexclient.cache.NoInferenceException the cache does not have it, or no longer
   */
  public KeptFeedback correct(long inference, String entered) throws CacheException, ContractException {
    String label = Label.of(entered);
    long revision = cache.feedback().add(NewFeedback.correcting(inference, label, origin, nowMs.getAsLong()));
    return new KeptFeedback(inference, label, revision);
  }
}
