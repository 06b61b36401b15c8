package fedexclient;

import android.content.Context;
import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.SealedAs;
import fedexclient.contract.Invitation;
import fedexclient.keeping.Feedback;
import fedexclient.keeping.KeptFeedback;
import fedexclient.pull.PullListener;
import fedexclient.pull.PullReport;
import fedexclient.push.PushListener;
import fedexclient.push.PushReport;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.service.Enrolment;
import fedexclient.service.EnrolmentException;
import fedexclient.service.Identity;
import fedexclient.service.Stop;
import fedexclient.service.VaultException;
import fedexclient.storage.StorageException;
import fedexclient.sync.SyncJobs;
import fedexclient.sync.SyncPolicy;
import java.io.IOException;
import java.text.Collator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One device: it recognises, keeps what its user says of the answers, gives that to a service without the photos, and
 * gets better heads back. An app has one, for as long as its process lives.
 *
 * <p>Thread-safe. Everything but {@link #open} and {@link #syncJobs} may block, and is not for the main thread. Where
 * something is thrown, nothing of what was asked was done, unless it is said. Of a cache that turns out to be damaged
 * the call that meets it says so, and the next one begins a new one: {@link FedexStatus#setAside}.
 */
public final class Fedex implements AutoCloseable {
  private final Context context;
  private final Home home;
  private final FedexOptions options;
  private @Nullable Device device;

  private Fedex(Context context, Home home, FedexOptions options) {
    this.context = context;
    this.home = home;
    this.options = options;
  }

  /** Opens a device in the app's storage of which no backup is made. Nothing is read yet. */
  public static Fedex open(Context context, FedexOptions options) {
    Context app = context.getApplicationContext();
    return open(app, Home.of(app), options);
  }

  /** Opens one that lives elsewhere. */
  static Fedex open(Context context, Home home, FedexOptions options) {
    return new Fedex(context, home, options);
  }

  private interface Asked<T extends @Nullable Object> {
    T run() throws Exception;
  }

  private static <T extends @Nullable Object> T asked(Asked<T> asked) throws FedexException {
    try {
      return asked.run();
    } catch (RuntimeException error) {
      throw error; // a bug, which is to be seen
    } catch (Exception error) { // the packages' own have no kind in common
      throw new FedexException(error);
    }
  }

  /** What it consists of, from when it is first needed: to name its folder alone, Android makes one. */
  private synchronized Device device() {
    Device made = device;
    if (made == null) {
      made = new Device(home, options);
      device = made;
    }
    return made;
  }

  /**
   * Opens what recognises photos, in this thread.
   *
   * @throws FedexException with {@link Trouble#MODEL}: a model is not what the bundle says, or does not run here
   */
  public PhotoRecognizer recognizer() throws FedexException {
    return asked(() -> device().recognizers.ofPhotos());
  }

  /**
   * Opens what recognises tensors, in this thread: of a bundle that takes them.
   *
   * @throws FedexException with {@link Trouble#MODEL}: the bundle takes photos; or as {@link #recognizer}
   */
  public TensorRecognizer tensorRecognizer() throws FedexException {
    return asked(() -> device().recognizers.ofTensors());
  }

  /**
   * Keeps that an answer was right.
   *
   * @param inference its id
   * @throws FedexException with {@link Trouble#NOT_ENROLLED}: the device is of a group, and nobody can say of which, as
   *     its identity is damaged or another phone's; what is said then would go to whichever is joined next
   */
  public KeptFeedback agree(long inference) throws FedexException {
    return asked(() -> feedback().agree(inference));
  }

  /**
   * Keeps the right label of an answer, known or new.
   *
   * @param inference its id
   * @param label what the user entered, or chose
   * @throws FedexException with {@link Trouble#NOT_ENROLLED} as {@link #agree}
   */
  public KeptFeedback correct(long inference, String label) throws FedexException {
    return asked(() -> feedback().correct(inference, label));
  }

  private Feedback feedback() throws CacheException, EnrolmentException, StorageException {
    return new Feedback(device().caches.open(), origin(), System::currentTimeMillis);
  }

  /** The group that what is said now belongs to; empty before enrolment. */
  private String origin() throws EnrolmentException, StorageException {
    return originOf(device().membership.find());
  }

  private static String originOf(@Nullable Identity identity) {
    return identity == null ? "" : identity.origin();
  }

  /**
   * Becomes a device of the group that an invitation names, or makes sure that it is one.
   *
   * @throws FedexException with {@link Trouble#NOT_ENROLLED} where it is one of another group, which stays; see {@link
   *     #enrolAgain}
   */
  public Enrolment enrol(Invitation invitation) throws FedexException {
    return enrol(invitation, new Stop());
  }

  /**
   * As {@link #enrol(Invitation)}.
   *
   * @param stop ends it within a second; what has begun is completed by the next one
   */
  public Enrolment enrol(Invitation invitation, Stop stop) throws FedexException {
    return asked(() -> settled(device().membership.enroller(stop)
        .enrol(invitation.url(), invitation.code(), invitation.fingerprint())));
  }

  /**
   * Becomes a device of the group that an invitation names, whatever it was before: the heads of that group go.
   *
   * @throws FedexException with {@link Trouble#UNSENT} where uploads can still be sent as the device that it is
   */
  public Enrolment enrolAgain(Invitation invitation) throws FedexException {
    return enrolAgain(invitation, new Stop());
  }

  /**
   * As {@link #enrolAgain(Invitation)}.
   *
   * @param stop as that of {@link #enrol(Invitation, Stop)}
   */
  public Enrolment enrolAgain(Invitation invitation, Stop stop) throws FedexException {
    return asked(() -> {
      settleConsent();
      return settled(device().sharing.enrolAgain(invitation, stop));
    });
  }

  /** What was said before any group was joined is of the one that was, even if the app died as it joined it. */
  private void settleConsent() throws StorageException {
    try {
      @Nullable Identity identity = identityOrNone();
      if (identity != null) {
        device().consent.settle(identity.origin());
      }
    } catch (VaultException error) {
      // A key that is lost opens nothing any more.
    }
  }

  private Enrolment settled(Enrolment enrolment) {
    try {
      device().consent.settle(enrolment.identity().origin());
    } catch (StorageException error) {
      // The device is enrolled all the same, and the first push does it.
    }
    return enrolment;
  }

  /**
   * Keeps that the user lets features and labels go to the service of the group that the device is of: before that
   * nothing is uploaded, and nothing is to another group that it joins later. Given before enrolment, it counts for the
   * first group that the device joins.
   *
   * @throws FedexException with {@link Trouble#NOT_ENROLLED} as {@link #agree}
   */
  public void giveConsent() throws FedexException {
    asked(() -> {
      device().consent.give(System.currentTimeMillis(), origin());
      return null;
    });
  }

  /**
   * Keeps that the user does so no more, and stops a push of this object that runs; what is said of one is that it was
   * stopped. In another process, as of a job that the app's manifest puts there, the next push finds no consent. For
   * what was uploaded see {@link #erase}.
   *
   * @throws FedexException with {@link Trouble#STORAGE} where the disk keeps it from being kept: the push is stopped, and
   *     none begins as long as this process lives; ask again, or the next process finds the consent that was
   */
  public void withdrawConsent() throws FedexException {
    asked(() -> {
      device().consent.withdraw();
      return null;
    });
  }

  /**
   * Uploads all feedback that is not acknowledged yet; what went wrong on the way is in the report.
   *
   * <p>One at a time: another one waits for the first, and then sends what that one did not.
   *
   * @param stop ends it within a second, but for a self-test that is due, which runs the models once; what was not sent
   *     waits
   * @throws FedexException with {@link Trouble#NO_CONSENT}, {@link Trouble#NOT_ENROLLED}: nothing was sent; with {@link
   *     Trouble#STOPPED} where it ended before it began
   */
  public PushReport push(PushListener listener, Stop stop) throws FedexException {
    return asked(() -> device().exchanges.push(listener, stop));
  }

  /**
   * Fetches a better head, if there is one, and installs it for the next answer.
   *
   * @param stop ends it within a second; a download goes on from there next time
   */
  public PullReport pull(PullListener listener, Stop stop) throws FedexException {
    return asked(() -> device().exchanges.pull(listener, stop));
  }

  /**
   * Forgets every sample here, and asks the service to erase all that this device ever uploaded. A push that runs is
   * stopped. What is given from then on is sent 30 seconds later at the earliest: until then the service may erase it too,
   * and a push has the problem {@link Trouble#TRY_LATER}.
   *
   * @return the name of the erasure, for the service's operator
   * @throws FedexException with {@link Trouble#NOT_ENROLLED}: nothing was forgotten, see {@link #forget}. Where its cause
   *     is a {@link fedexclient.service.DamagedIdentityException} or a {@link
   *     fedexclient.service.CopiedIdentityException}, the service may have samples of this device, and nobody can ask it
   *     as that; otherwise nobody ever enrolled. With {@link Trouble#STORAGE} or {@link Trouble#NO_SPACE} not all was
   *     forgotten here, and the service was asked all the same: ask again. With any other the samples are forgotten here,
   *     and the service may not know: the next push asks it before it sends anything, also without consent
   */
  public String erase() throws FedexException {
    return erase(new Stop());
  }

  /**
   * As {@link #erase()}.
   *
   * @param stop ends it within a second: the samples may be forgotten here by then, and the next push asks the service
   */
  public String erase(Stop stop) throws FedexException {
    return asked(() -> device().sharing.erase(stop));
  }

  /** Forgets every sample here, as of a device that is not enrolled. A push that runs is stopped. */
  public void forget() throws FedexException {
    asked(() -> {
      device().sharing.forget(new Stop());
      return null;
    });
  }

  /**
   * Deletes a damaged cache that was set aside, as once the user has been told: {@link FedexStatus#setAside} says so
   * until then. It goes on where another one was met damaged since.
   */
  public void dropSetAside() throws FedexException {
    asked(() -> {
      device().caches.dropSetAside();
      return null;
    });
  }

  /** Has refused uploads sent again by the next push, as after the service was put right. */
  public void retryRefused() throws FedexException {
    asked(() -> {
      Identity identity = device().membership.require(new Stop());
      device().caches.open().uploads().retryRefused(new SealedAs(identity.origin(), identity.device()));
      return null;
    });
  }

  /** Tells how the device stands; no network is used. */
  public FedexStatus status() throws FedexException {
    return asked(() -> {
      @Nullable Identity identity = identityOrNone();
      Device own = device();
      Cache cache = own.caches.open();
      String origin = originOf(identity);
      Set<String> retired = identity == null ? Collections.emptySet()
          : own.membership.spaces(identity, new Stop()).known().retired();
      SampleCounts samples = SampleCounts.of(cache, origin, identity == null ? null : identity.device(), retired);
      boolean isErasureMissed = identity != null && own.membership.erasure(identity).isMissed();
      return new FedexStatus(samples, release(), identity, own.consent.givenMs(origin), own.log, isErasureMissed,
          cache.setAside());
    });
  }

  private @Nullable Identity identityOrNone() throws StorageException {
    try {
      return device().membership.find();
    } catch (EnrolmentException error) {
      return null; // a push or pull says why
    }
  }

  private ReleaseInUse release() throws ModelRefusedException, IOException {
    return device().releases.now(device().models.bundle().facts().space());
  }

  /**
   * The labels that are known here: those of the head in use, and those that were given. They are in the order that
   * people who speak the phone's language look for them in.
   */
  public List<String> labels() throws FedexException {
    return asked(() -> {
      @Nullable List<String> known = release().labels();
      Set<String> labels = new HashSet<>(known == null ? device().models.bundle().labels() : known);
      labels.addAll(device().caches.open().feedback().labels(originOf(identityOrNone())));
      List<String> sorted = new ArrayList<>(labels);
      Collator language = Collator.getInstance();
      Comparator<String> inItsOrder = (one, other) -> language.compare(one, other);
      sorted.sort(inItsOrder.thenComparing(Comparator.naturalOrder()));
      return Collections.unmodifiableList(sorted);
    });
  }

  /** The jobs by which this device pushes and pulls by itself, under a policy. */
  public SyncJobs syncJobs(SyncPolicy policy) {
    return new SyncJobs(context, policy, options.syncJob());
  }

  /**
   * Pushes and pulls once, in the thread of a job; whatever goes wrong, the next round goes on. Where there is no
   * consent or no group, and where the phone stops it, {@link FedexStatus} goes on saying how the last one ended.
   *
   * @return the seconds until the next round is due; 1 where this one was asked to end before all was done
   */
  public double syncOnce(SyncPolicy policy, Stop stop) {
    return device().exchanges.once(policy, stop);
  }

  /**
   * Closes the files, after what another thread is doing with them: what needs them from then on has {@link
   * Trouble#STORAGE}. Recognizers are closed by whoever opened them.
   */
  @Override
  public void close() {
    device().caches.close();
  }
}
