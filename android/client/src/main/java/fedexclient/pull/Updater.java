package fedexclient.pull;

import fedexclient.contract.ContractException;
import fedexclient.contract.Envelope;
import fedexclient.contract.FileRef;
import fedexclient.contract.HeadFile;
import fedexclient.contract.Manifest;
import fedexclient.contract.Precision;
import fedexclient.contract.Problem;
import fedexclient.contract.Sha256;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadObjects;
import fedexclient.heads.HeadStore;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.Identity;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.SignedAnswer;
import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import fedexclient.trust.Clocks;
import fedexclient.trust.Place;
import fedexclient.trust.ReleaseJudge;
import fedexclient.trust.UntrustedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Installs a better head: ask, judge, download, try, and swap it in by one rename.
 *
 * <p>A release that names the head which is installed already was signed anew: its serial and its times are kept, and
 * nothing is downloaded, tried or installed. Whatever stops on the way, the head that served goes on serving, unless the
 * release withdraws it, in which case the head before serves, or the bundle's, before anything is downloaded. Objects
 * are written first, the pointer last. A new head must answer the golden sample as its signed manifest says before it is
 * installed; where one precision of it does not work here, the next one is tried.
 */
public final class Updater {
  private final Subscription followed;
  private final HeadStore heads;
  private final HeadTrial trial;
  private final DoubleSupplier now;
  private final PullListener listener;
  private final UpdateStep.Watcher watcher;

  /**
   * Makes what brings one device's head up to date.
   *
   * @param now tells Unix seconds
   * @param listener is told how far downloads have come
   */
  public Updater(
      Subscription followed, HeadStore heads, HeadTrial trial, DoubleSupplier now, PullListener listener) {
    this(followed, heads, trial, now, listener, step -> {});
  }

  /** The same, which says at which step it is. */
  Updater(Subscription followed, HeadStore heads, HeadTrial trial, DoubleSupplier now, PullListener listener,
      UpdateStep.Watcher watcher) {
    this.followed = followed;
    this.heads = heads;
    this.trial = trial;
    this.now = now;
    this.listener = listener;
    this.watcher = watcher;
  }

  /**
   * Installs the newest release of the channel, if there is a newer one.
   *
   * @param later follows the keys of the service
   * @param who reads who this device is, once nobody else can install or enrol
   * @throws TryLaterException the service does not answer now, another process is installing, or has enrolled meanwhile
   * @throws RefusedException it does not serve this device or this space
   * @throws fedexclient.service.StoppedException the end was asked for; the next pull goes on
   * @throws UntrustedException its answer is not believed, or the head is not what the manifest says
   * @throws StorageException there is no room for the new head
   */
  public PullReport pull(Service service, LaterKeys later, WhoNow who, Stop stop)
      throws ServiceException, UntrustedException, StorageException {
    HeadStore.Installing installing = heads.install();
    try {
      checkIdentity(who);
      return new OnePull(service, later, stop).run();
    } finally {
      installing.close();
    }
  }

  /** Installs nothing for whom this device was: an enrolment has the same lock as it changes that. */
  private void checkIdentity(WhoNow who) throws TryLaterException, StorageException {
    String expected = "expected device " + followed.identity().device() + ", got ";
    @Nullable Identity found;
    try {
      found = who.find();
    } catch (EnrolmentException error) {
      throw new TryLaterException(expected + error.getMessage(), (Long) null);
    }
    if (found == null || found.mustForgetHeads() || !followed.isOf(found)) {
      String got = found == null ? "none" : found.device() + ", enrolled meanwhile";
      throw new TryLaterException(expected + got, (Long) null);
    }
  }

  /** One pull, while the lock is held. */
  private final class OnePull {
    private final Service service;
    private final LaterKeys later;
    private final Stop stop;

    OnePull(Service service, LaterKeys later, Stop stop) {
      this.service = service;
      this.later = later;
      this.stop = stop;
    }

    PullReport run() throws ServiceException, UntrustedException, StorageException {
      InstalledRelease installed = InstalledRelease.find(heads, followed);
      stop.check();
      @Nullable SignedAnswer answer;
      try {
        answer = service.release(followed.space(), followed.channel(), installed.etag());
      } catch (RefusedException refused) {
        if (refused.problem() != Problem.NOT_FOUND) {
          throw refused;
        }
        return new PullReport(PullOutcome.NO_RELEASE, installed.serial(), 0);
      }
      if (answer == null) {
        return new PullReport(installed.unchanged(), installed.serial(), 0);
      }
      Manifest manifest = judge(answer, installed);
      if (installed.is(manifest)) {
        return new PullReport(PullOutcome.UNCHANGED, installed.serial(), 0);
      }
      at(UpdateStep.JUDGED);
      return follow(manifest, answer, installed);
    }

    /** Judges a release by the pinned key, or by a later one that this leads to. */
    private Manifest judge(SignedAnswer answer, InstalledRelease installed)
        throws ServiceException, UntrustedException, StorageException {
      Place place = Place.of(followed.identity().group(), followed.channel(), followed.bundle());
      Clocks clocks = new Clocks(now.getAsDouble(), answer.date());
      return new NewestKey(followed.identity().key(), later).judge(service, answer.envelope(),
          key -> new ReleaseJudge(key, place, installed.floor()).judge(answer.envelope(), clocks));
    }

    /** Does what a release says that was not followed yet. */
    private PullReport follow(Manifest manifest, SignedAnswer answer, InstalledRelease installed)
        throws ServiceException, UntrustedException, StorageException {
      long serial = manifest.heads().isEmpty() ? InstalledRelease.BUNDLED_SERIAL : manifest.serial();
      @Nullable HeadEntry entry = installed.entry();
      if (entry != null && renews(entry, manifest)) {
        heads.renew(entry.renewed(heads.objects().add(answer.envelope()), answer.etag()));
        finish();
        return new PullReport(PullOutcome.UNCHANGED, serial, 0);
      }
      boolean hasLetGo = heads.letGo(manifest);
      if (!manifest.isFor(followed.identity().device())) {
        return passOver(manifest, answer, installed, hasLetGo);
      }
      if (manifest.heads().isEmpty()) {
        install(new HeadEntry(heads.objects().add(answer.envelope()), null, answer.etag(), followed.precision()));
        return new PullReport(PullOutcome.WITHDRAWN, serial, 0);
      }
      return new PullReport(PullOutcome.INSTALLED, serial, installFirstThatWorks(manifest, answer));
    }

    private PullReport passOver(
        Manifest manifest, SignedAnswer answer, InstalledRelease installed, boolean hasLetGo) throws StorageException {
      heads.passOver(manifest, answer.etag());
      if (!hasLetGo) {
        return new PullReport(PullOutcome.WAITS, installed.serial(), 0);
      }
      heads.prune(Collections.emptySet());
      return new PullReport(PullOutcome.LET_GO, InstalledRelease.find(heads, followed).serial(), 0);
    }

    /** Whether a newer release says of the installed head, which is whole, what the release before said. */
    private boolean renews(HeadEntry entry, Manifest manifest) {
      @Nullable Precision precision = entry.precision();
      if (precision == null || manifest.heads().isEmpty()) {
        return precision == null && manifest.heads().isEmpty();
      }
      if (entry.wanted() != followed.precision() || !manifest.heads().containsKey(precision)) {
        return false;
      }
      try {
        return Precisions.isSame(heads.manifest(entry), manifest, entry, precision);
      } catch (HeadDamagedException error) {
        return false; // then it is installed anew
      }
    }

    /** Downloads, tries and swaps in the first precision that works; returns how many bytes were downloaded. */
    private long installFirstThatWorks(Manifest manifest, SignedAnswer answer)
        throws ServiceException, UntrustedException, StorageException {
      heads.prune(parts(manifest)); // what an earlier, refused release left
      String envelope = heads.objects().add(answer.envelope());
      List<String> refusals = new ArrayList<>();
      long size = 0;
      for (Precision precision : Precisions.toTry(manifest, followed.precision())) {
        size += download(manifest.labels(), file(manifest, precision));
        at(UpdateStep.DOWNLOADED);
        HeadEntry entry = new HeadEntry(envelope, precision, answer.etag(), followed.precision());
        try {
          new HeadCheck(heads, trial, stop).check(entry, precision, releaseOf(answer));
        } catch (HeadRefusedException refused) {
          refusals.add(precision + ": new head: " + refused.getMessage());
          continue;
        }
        at(UpdateStep.TRIED);
        install(entry);
        return size;
      }
      throw new HeadRefusedException(String.join("; ", refusals));
    }

    private long download(FileRef labels, FileRef head)
        throws ServiceException, UntrustedException, StorageException {
      long total = labels.size() + head.size();
      HeadObjects objects = heads.objects();
      long size = new Downloader(service, objects, stop, done -> listener.progressed(done, total)).fetch(labels);
      LongConsumer came = done -> listener.progressed(labels.size() + done, total);
      return size + new Downloader(service, objects, stop, came).fetch(head);
    }

    private void install(HeadEntry entry) throws ServiceException, StorageException {
      heads.swap(entry);
      finish();
    }

    /** From here on the new release serves, whether the end was asked for or not. */
    private void finish() throws StorageException {
      watcher.at(UpdateStep.INSTALLED);
      heads.prune(Collections.emptySet());
    }

    private void at(UpdateStep step) throws ServiceException {
      watcher.at(step);
      stop.check();
    }
  }

  private static FileRef file(Manifest manifest, Precision precision) {
    @Nullable HeadFile head = manifest.heads().get(precision);
    if (head == null) {
      throw new IllegalStateException("no " + precision); // it is one of those that the manifest has
    }
    return head.file();
  }

  private static Set<String> parts(Manifest manifest) {
    Set<String> parts = new HashSet<>(Collections.singleton(manifest.labels().sha256()));
    for (HeadFile head : manifest.heads().values()) {
      parts.add(head.file().sha256());
    }
    return parts;
  }

  /** The release's name: the sha256 of its manifest. */
  private static String releaseOf(SignedAnswer answer) {
    try {
      return Sha256.hex(Envelope.parse(answer.envelope(), Envelope.MAX_BYTES).payload());
    } catch (ContractException error) {
      throw new IllegalStateException(error); // it has been judged
    }
  }
}
