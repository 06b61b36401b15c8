package fedexclient.keeping;

import fedexclient.cache.BundleSetup;
import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.KeptSetup;
import fedexclient.cache.NewInference;
import fedexclient.contract.BundleFacts;
import fedexclient.contract.ContractException;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.UploadWriter;
import fedexclient.recognise.Answer;
import fedexclient.recognise.RecogniseException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Keeps answers in the cache, each with its feature, results and time. In the thread that recognises. */
public final class Keeper {
  private final Caches caches;
  private final BundleFacts facts;
  private final Tester tester;
  private final LongSupplier nowMs;
  private boolean wasTestTried;

  /**
   * Keeps the answers of one bundle.
   *
   * @param tester what computes these features, and its self-test
   * @param nowMs Unix milliseconds
   */
  public Keeper(Caches caches, BundleFacts facts, Tester tester, LongSupplier nowMs) {
    this.caches = caches;
    this.facts = facts;
    this.tester = tester;
    this.nowMs = nowMs;
  }

  /** Gives the open cache: asked each time, as one that could not be opened, or was damaged, may be whole by then. */
  public interface Caches {
    Cache open() throws CacheException;
  }

  /**
   * Keeps the answers on one photo or tensor, all in one transaction.
   *
   * <p>The same photo gives the same samples again: its faces are matched by where they are with those known before.
   * What computes features is tested before the first of them is kept, once: whatever runs when they are pushed, that
   * outcome is theirs.
   *
   * <p>That something could not be kept is part of what is returned, not an error: the answer is as good without. A
   * feature that no service would take is not kept either, as feedback on it could never be uploaded.
   *
   * @param answers as the recognizer gave them, of this example and bundle
   * @return for each answer what became of it
   */
  public List<KeptAnswer> keep(Example example, List<Answer> answers) {
    List<Answer> sendable = new ArrayList<>();
    List<@Nullable ImpossibleException> reasons = new ArrayList<>();
    for (Answer answer : answers) {
      ImpossibleException reason = whyUnsendable(answer);
      reasons.add(reason);
      if (reason == null) {
        sendable.add(answer);
      }
    }
    Iterator<KeptAnswer> kept = keepSendable(example, sendable).iterator();
    List<KeptAnswer> all = new ArrayList<>();
    for (int index = 0; index < answers.size(); index++) {
      ImpossibleException reason = reasons.get(index);
      all.add(reason == null ? kept.next() : KeptAnswer.notKept(answers.get(index), reason));
    }
    return all;
  }

  private static @Nullable ImpossibleException whyUnsendable(Answer answer) {
    try {
      UploadWriter.checkSafe(answer.feature());
      return null;
    } catch (ImpossibleException error) {
      return error;
    }
  }

  private List<KeptAnswer> keepSendable(Example example, List<Answer> answers) {
    List<KeptAnswer> kept = new ArrayList<>();
    if (answers.isEmpty()) {
      return kept;
    }
    try {
      Iterator<Long> ids = add(example, answers).iterator();
      for (Answer answer : answers) {
        kept.add(KeptAnswer.kept(answer, ids.next()));
      }
    } catch (CacheException error) {
      for (Answer answer : answers) {
        kept.add(KeptAnswer.notKept(answer, error));
      }
    }
    return kept;
  }

  private List<Long> add(Example example, List<Answer> answers) throws CacheException {
    Cache cache = caches.open();
    BundleSetup used = tester.used();
    test(cache, used);
    byte[] photo = example.name(cache.secret());
    long takenMs = nowMs.getAsLong();
    List<NewInference> added = new ArrayList<>();
    for (Answer answer : answers) {
      added.add(NewInference.of(photo, answer, used, takenMs));
    }
    return cache.inferences().addAll(added, cache.inferences().spaceKey(facts.space(), facts.shape()));
  }

  /** Tests what computes features here, where that was not done before. */
  private void test(Cache cache, BundleSetup used) throws CacheException {
    KeptSetup known = cache.setups().find(used);
    if (wasTestTried || known != null && known.outcome() != null) {
      return;
    }
    wasTestTried = true;
    try {
      int cosinePpm = tester.run();
      cache.setups().keep(cache.setups().key(used), cosinePpm);
    } catch (RecogniseException | ContractException | IOException error) {
      // Answers go on without; the push tries once more, and says why it cannot.
    }
  }
}
