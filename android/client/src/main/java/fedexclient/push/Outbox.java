package fedexclient.push;

import fedexclient.cache.AgedUpload;
import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.SealedAs;
import fedexclient.cache.SealedUpload;
import fedexclient.cache.UnsealedFeedback;
import fedexclient.cache.UnsentCount;
import fedexclient.contract.ContractException;
import fedexclient.contract.Sample;
import fedexclient.contract.TooLargeException;
import fedexclient.contract.UploadHeader;
import fedexclient.contract.UploadReader;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The uploads of one device on their way: sealed once, sent until acknowledged, and sealed anew to be smaller or when
 * they are old. In one thread; other threads and processes may use the same cache.
 *
 * <p>Sealing turns feedback that is in no upload yet into bytes, and keeps the bytes and the marks of that feedback in
 * one transaction. From then on these bytes, and so their id, stay the same, whatever is killed; the service counts an
 * id once, and a sample once in whichever upload it comes. Encoding happens before that transaction, so that inferences
 * never wait for it; if another process sealed meanwhile, nothing is marked and the choice is made anew. As it is kept,
 * nobody becomes another device, which would leave it behind. Features stay until their upload is acknowledged: one that
 * is refused as too large or for the fault of some of its samples, that is cut off, or that is old is taken apart, and
 * its feedback sealed again.
 */
public final class Outbox {
  /** The age at which an upload that waits is sealed anew. */
  static final long SEALED_FOR_MS = 7L * 86_400_000;

  private final Cache cache;
  private final SealedAs as;
  private final Sealer sealer;
  private final int maxBytes;
  private final LongSupplier nowMs;
  private final Staying staying;
  private final PushStep.Observer observer;
  private final Map<Long, UnsendableException> leftOut = new LinkedHashMap<>();

  /** Halved where the service takes fewer, or the line does not last. */
  private int maxSamples;

  /**
   * Looks at the feedback of one group in an open cache.
   *
   * @param as the group and key of the service, and this device there: what was given in another group stays, and what
   *     was sealed as one device is never sent as another's
   * @param nowMs Unix milliseconds
   */
  public Outbox(Cache cache, SealedAs as, UploadForm form, LongSupplier nowMs, Staying staying) {
    this(cache, as, form, nowMs, staying, step -> {});
  }

  Outbox(Cache cache, SealedAs as, UploadForm form, LongSupplier nowMs, Staying staying, PushStep.Observer observer) {
    this.cache = cache;
    this.as = as;
    this.sealer = new Sealer(cache, form.codec());
    this.maxSamples = form.maxSamples();
    this.maxBytes = form.maxBytes();
    this.nowMs = nowMs;
    this.staying = staying;
    this.observer = observer;
  }

  /** Why samples were left out, by the revision of their feedback. The next outbox looks at them anew. */
  public Map<Long, UnsendableException> leftOut() {
    return Collections.unmodifiableMap(leftOut);
  }

  /**
   * Seals the next upload; null if no feedback waits.
   *
   * @throws TryLaterException this is another device by now; nothing is sealed
   */
  @Nullable SealedUpload seal() throws CacheException, TryLaterException, StorageException, StoppedException {
    int most = maxSamples;
    for (Choice choice = choose(most); choice != null; choice = choose(most)) {
      try {
        SealedUpload sealed = sealer.seal(choice);
        if (sealed != null && sealed.size() > maxBytes && sealed.samples() > 1) {
          most = fewer(sealed);
        } else if (sealed != null && keepAsNext(sealed, choice)) {
          return sealed;
        }
      } catch (TooLargeException error) {
        most = choice.revisions().size() / 2;
      } catch (SamplesLeftOutException error) {
        leftOut.putAll(error.reasons());
      }
    }
    return null;
  }

  private @Nullable Choice choose(int most) throws CacheException {
    List<UnsealedFeedback> unsealed = unsealed();
    Choice choice = Chooser.choose(unsealed, most);
    int likely = choice == null ? most : sealer.likelySamples(choice, maxBytes);
    return likely < most ? Chooser.choose(unsealed, likely) : choice;
  }

  private List<UnsealedFeedback> unsealed() throws CacheException {
    List<UnsealedFeedback> unsealed = new ArrayList<>(cache.feedback().unsealed(as.origin()));
    for (UnsealedFeedback one : new ArrayList<>(unsealed)) {
      if (leftOut.containsKey(one.revision())) {
        unsealed.removeIf(one::isOnTheSampleOf);
      }
    }
    return unsealed;
  }

  /** How many samples to try in place of those of an upload that is too large. */
  private int fewer(SealedUpload sealed) {
    long share = (long) sealed.samples() * maxBytes / sealed.size();
    return (int) Math.max(1, Math.min(sealed.samples() - 1, share));
  }

  private boolean keepAsNext(SealedUpload sealed, Choice choice)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    observer.reached(PushStep.CHOSEN);
    boolean isKept = keep(sealed, choice);
    if (isKept) {
      observer.reached(PushStep.SEALED);
    }
    return isKept;
  }

  /** Keeps the upload and marks its feedback; false, and nothing is kept, if another process was first. */
  private boolean keep(SealedUpload sealed, Choice choice)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    Runnable letGo = staying.hold();
    try {
      return cache.uploads().add(sealed, choice.taken(), as, nowMs.getAsLong());
    } finally {
      letGo.run();
    }
  }

  /**
   * Takes apart an upload that was too large, or was cut off; the next have at most half its samples.
   *
   * <p>The service may have it all the same: a sample counts once, in however many uploads it comes.
   *
   * @return false, and nothing has changed, for a single sample, for an upload that another process has finished, and
   *     where its feedback is not all here
   */
  boolean split(SealedUpload sealed) throws CacheException {
    if (sealed.samples() == 1 || !cache.uploads().takeApart(sealed.id(), sealed.samples())) {
      return false;
    }
    maxSamples = Math.min(maxSamples, sealed.samples() / 2);
    return true;
  }

  /**
   * Takes apart what was sealed long ago and never acknowledged, so that it is sealed as it is done by now.
   *
   * <p>What is not all here stays as it is.
   */
  void takeOldApart() throws CacheException {
    for (AgedUpload aged : cache.uploads().sealedBefore(nowMs.getAsLong() - SEALED_FOR_MS, as)) {
      cache.uploads().takeApart(aged.id(), aged.samples());
    }
  }

  /**
   * Takes a refused upload apart, and sets the samples aside that are at fault; the others are sealed anew.
   *
   * <p>Feedback that was given on such a sample since is sealed with the others: it may be what puts it right.
   *
   * @param places of the samples in it, as the service counts them
   * @param problem what it says of them
   * @return false, and nothing has changed, where no other sample is left, or not all of its feedback is here
   * @throws TryLaterException this is another device by now; the upload is taken apart
   */
  boolean setSamplesAside(SealedUpload sealed, List<Integer> places, String problem)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    Set<Long> atFault = revisionsAt(places, sealed);
    if (atFault.isEmpty() || atFault.size() == sealed.samples()
        || !cache.uploads().takeApart(sealed.id(), sealed.samples())) {
      return false;
    }
    sealAside(atFault, problem);
    return true;
  }

  /** The revisions at some places of an upload; none of one that this version no longer opens. */
  private static Set<Long> revisionsAt(List<Integer> places, SealedUpload sealed) {
    Set<Long> revisions = new HashSet<>();
    try {
      List<Sample> samples = UploadReader.open(sealed.body()).samples();
      for (int place : places) {
        if (place < samples.size()) {
          revisions.add(samples.get(place).revision());
        }
      }
    } catch (ContractException error) {
      return Collections.emptySet(); // it is set aside as a whole
    }
    return revisions;
  }

  /** Seals the feedback of these revisions, and what they replace, in an upload that is set aside. */
  private void sealAside(Set<Long> atFault, String problem)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    Choice choice = Chooser.chooseOnly(atFault, unsealed(), UploadHeader.MAX_SAMPLES);
    if (choice == null) {
      return;
    }
    try {
      SealedUpload sealed = sealer.seal(choice);
      if (sealed != null && keep(sealed, choice)) {
        setAside(sealed.id(), problem);
      }
    } catch (SamplesLeftOutException error) {
      leftOut.putAll(error.reasons());
    } catch (TooLargeException error) {
      throw new IllegalStateException(error); // they were in one upload, with others
    }
  }

  /** Lists the ids of the uploads that wait to be sent, in the order of their sealing. */
  List<String> unsent() throws CacheException {
    return new ArrayList<>(cache.uploads().unsent(as).keySet());
  }

  /** Whether nothing waits to be sent, or sealed. */
  public boolean isEmpty() throws CacheException {
    return unsent().isEmpty() && unsealed().isEmpty();
  }

  /** Counts the uploads that wait to be sent. */
  UnsentCount countUnsent() throws CacheException {
    return cache.uploads().countUnsent(as);
  }

  /** Reads one upload that waits; null if another process has finished it. */
  @Nullable SealedUpload find(String upload) throws CacheException {
    return cache.uploads().findWaiting(upload);
  }

  /** Keeps that the service has the upload, drops the body, and lets its features go when room is needed. */
  void acknowledge(String upload) throws CacheException {
    observer.reached(PushStep.SENT);
    cache.uploads().acknowledge(upload);
    observer.reached(PushStep.ACKNOWLEDGED);
  }

  /** Keeps that the service refuses the upload for good; the others go on. */
  void setAside(String upload, String problem) throws CacheException {
    cache.uploads().setAside(upload, problem);
  }

  /** Keeps why the upload still waits. */
  void note(String upload, String problem) throws CacheException {
    cache.uploads().note(upload, problem);
  }

  /** Makes refused uploads wait again, as after the service was put right. */
  public void retryRefused() throws CacheException {
    cache.uploads().retryRefused(as);
  }
}
