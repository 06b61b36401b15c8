package fedexclient;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.SealedAs;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Invitation;
import fedexclient.heads.HeadStore;
import fedexclient.keeping.KeepingException;
import fedexclient.keeping.SelfTests;
import fedexclient.pull.PullListener;
import fedexclient.pull.PullReport;
import fedexclient.pull.SpaceRetiredException;
import fedexclient.pull.SpaceWatch;
import fedexclient.pull.Subscription;
import fedexclient.pull.Updater;
import fedexclient.push.Outbox;
import fedexclient.push.PushListener;
import fedexclient.push.PushReport;
import fedexclient.push.Sender;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.service.Enrolment;
import fedexclient.service.EnrolmentException;
import fedexclient.service.Erasure;
import fedexclient.service.Identity;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.SettingException;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import fedexclient.sync.Consent;
import fedexclient.sync.NoConsentException;
import fedexclient.trust.UntrustedException;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a device gives to its service and gets from there. One push and one pull at a time; others wait for it. */
final class Sharing {
  private final FedexOptions options;
  private final Home home;
  private final Models models;
  private final HeadStore heads;
  private final OpenCache caches;
  private final Membership membership;
  private final Consent consent;
  private final Turns pushes = new Turns();
  private final Turns pulls = new Turns();

  Sharing(FedexOptions options, Home home, Models models, HeadStore heads, OpenCache caches, Membership membership,
      Consent consent) {
    this.options = options;
    this.home = home;
    this.models = models;
    this.heads = heads;
    this.caches = caches;
    this.membership = membership;
    this.consent = consent;
  }

  /**
   * Uploads all feedback that is not acknowledged yet; what went wrong on the way is in the report.
   *
   * <p>What computed it is tested first, once: what fails its self-test uploads nothing.
   */
  PushReport push(PushListener listener, Stop stop) throws NoConsentException, EnrolmentException, SettingException,
      CacheException, StorageException, StoppedException {
    Stop own = new Stop(); // whoever withdraws consent or erases stops this push, and not all that its caller does
    Runnable takeBack = stop.onAsk(own::ask);
    try {
      Runnable endTurn = pushes.take(own);
      try {
        return pushPermitted(listener, own);
      } finally {
        endTurn.run();
      }
    } finally {
      takeBack.run();
    }
  }

  private PushReport pushPermitted(PushListener listener, Stop stop) throws NoConsentException, EnrolmentException,
      SettingException, CacheException, StorageException, StoppedException {
    if (membership.find() == null) {
      consent.permit(stop, "").run(); // what is missing first is told first
    }
    Identity identity = membership.require(stop);
    @Nullable Exception missed = eraseAgain(identity, stop); // which needs no consent
    Runnable endPermission = consent.permit(stop, identity.origin());
    try {
      return missed == null ? push(caches.open(), identity, listener, stop) : PushReport.ofNothing(missed);
    } finally {
      endPermission.run();
    }
  }

  /** Has the service erase what it missed; returns why it still does not, null where it does. */
  private @Nullable Exception eraseAgain(Identity identity, Stop stop)
      throws SettingException, StorageException, StoppedException {
    try (Service service = membership.service(identity, stop)) {
      membership.erasure(identity).askAgain(service);
      return null;
    } catch (StoppedException error) {
      throw error;
    } catch (ServiceException | UntrustedException error) {
      return error;
    }
  }

  private PushReport push(Cache cache, Identity identity, PushListener listener, Stop stop)
      throws SettingException, CacheException, StorageException, StoppedException {
    try (Service service = membership.service(identity, stop)) {
      @Nullable KeepingException keptBack = SelfTests.settle(cache, identity.origin(), models::tester);
      SealedAs as = new SealedAs(identity.origin(), identity.device());
      Outbox outbox = new Outbox(
          cache, as, options.uploads(), System::currentTimeMillis, () -> membership.holdAs(identity, stop));
      @Nullable TryLaterException unsettled = outbox.isEmpty() ? null : membership.erasure(identity).unsettled();
      if (unsettled != null) {
        return PushReport.ofNothing(unsettled);
      }
      SpaceWatch spaces = membership.spaces(identity, stop);
      Set<String> retired = spaces.retiredNow(service, cache.uploads().unsent(as).values());
      PushReport report = meant(new Sender(listener).push(outbox, service, retired, stop), identity);
      if (report.problem() == null && !report.wasStopped()) {
        membership.renewToken(identity, service, stop);
      }
      if (report.hasMetRetirement()) {
        spaces.tryRefresh(service); // it waits either way, and the next push tries again
      }
      return report.keepingBack(keptBack);
    }
  }

  private PushReport meant(PushReport report, Identity asked) {
    @Nullable Exception problem = report.problem();
    return problem instanceof RefusedException
        ? report.meaning(membership.meant((RefusedException) problem, asked)) : report;
  }

  /** Fetches a better head, if there is one, and installs it for the next inference. */
  PullReport pull(PullListener listener, Stop stop) throws EnrolmentException, SettingException,
      ModelRefusedException, IOException, SpaceRetiredException, ServiceException, UntrustedException,
      StorageException {
    Stop own = new Stop(); // whoever enrols again stops this pull, and not all that its caller does
    Runnable takeBack = stop.onAsk(own::ask);
    try {
      Runnable endTurn = pulls.take(own);
      try {
        return pull(membership.require(own), listener, own);
      } finally {
        endTurn.run();
      }
    } finally {
      takeBack.run();
    }
  }

  /**
   * Becomes a device of another group. A push and a pull that run are stopped: they would seal and install for the one
   * before.
   */
  Enrolment enrolAgain(Invitation invitation, Stop stop) throws EnrolmentException, SettingException,
      ServiceException, UntrustedException, StorageException {
    Runnable endPushes = pushes.takeOver(stop);
    try {
      Runnable endPulls = pulls.takeOver(stop);
      try {
        return membership.enroller(stop).enrolAgain(invitation.url(), invitation.code(), invitation.fingerprint());
      } finally {
        endPulls.run();
      }
    } finally {
      endPushes.run();
    }
  }

  private PullReport pull(Identity identity, PullListener listener, Stop stop) throws SettingException,
      ModelRefusedException, IOException, SpaceRetiredException, ServiceException, UntrustedException, StorageException {
    DeviceBundle bundle = models.bundle();
    String space = bundle.facts().space();
    SpaceWatch spaces = membership.spaces(identity, stop);
    Subscription followed = new Subscription(bundle, identity, options.channel(), options.head());
    Updater updater = new Updater(followed, heads, home.trial(bundle), Membership::nowS, listener);
    try (Service service = membership.service(identity, stop)) {
      spaces.check(service, space);
      PullReport report = pull(updater, service, spaces, space, stop);
      membership.renewToken(identity, service, stop);
      return report;
    } catch (RefusedException refused) {
      throw membership.meant(refused, identity);
    }
  }

  /** A space that is retired is told from one that somebody in between says is. */
  private PullReport pull(Updater updater, Service service, SpaceWatch spaces, String space, Stop stop)
      throws SpaceRetiredException, ServiceException, UntrustedException, StorageException {
    try {
      return updater.pull(service, membership.laterKeys(stop), membership::find, stop);
    } catch (RefusedException refused) {
      spaces.explain(service, refused, space);
      throw refused;
    }
  }

  /**
   * Forgets every sample here, and asks the service to erase all that this device ever uploaded.
   *
   * <p>A push that runs is stopped. What is not sent yet goes first, or it would come there later. The service is asked
   * even where that fails. Where it cannot be asked, the next push does so before it sends anything.
   *
   * @return the name of the erasure
   */
  String erase(Stop stop) throws EnrolmentException, SettingException, CacheException, StorageException,
      ServiceException, UntrustedException {
    Runnable endTurn = pushes.takeOver(stop);
    try {
      Identity identity = membership.require(stop);
      Erasure erasure = membership.erasure(identity);
      try {
        forget(erasure);
      } catch (CacheException | StorageException error) {
        eraseThereAfter(error, erasure, identity, stop);
        throw error;
      }
      return eraseThere(erasure, identity, stop);
    } finally {
      endTurn.run();
    }
  }

  private void forget(Erasure erasure) throws CacheException, StorageException {
    try {
      erasure.wish();
    } finally {
      caches.open().forget();
    }
  }

  private String eraseThere(Erasure erasure, Identity identity, Stop stop)
      throws SettingException, StorageException, ServiceException, UntrustedException {
    try (Service service = membership.service(identity, stop)) {
      return erasure.ask(service);
    }
  }

  /** What failed here is told; what fails there, too, is told with it. */
  private void eraseThereAfter(Exception failed, Erasure erasure, Identity identity, Stop stop) {
    try {
      eraseThere(erasure, identity, stop);
    } catch (SettingException | StorageException | ServiceException | UntrustedException error) {
      failed.addSuppressed(error);
    }
  }

  /** Forgets every sample here; a push that runs is stopped, as it would go on with what it has in memory. */
  void forget(Stop stop) throws CacheException, StoppedException {
    Runnable endTurn = pushes.takeOver(stop);
    try {
      caches.open().forget();
    } finally {
      endTurn.run();
    }
  }
}
