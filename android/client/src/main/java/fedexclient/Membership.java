package fedexclient;

import fedexclient.contract.ContractException;
import fedexclient.contract.Envelope;
import fedexclient.contract.Problem;
import fedexclient.contract.PublicKey;
import fedexclient.heads.HeadStore;
import fedexclient.pull.LaterKeys;
import fedexclient.pull.SpaceWatch;
import fedexclient.service.Connect;
import fedexclient.service.Enroller;
import fedexclient.service.EnrolmentException;
import fedexclient.service.Erasure;
import fedexclient.service.Identity;
import fedexclient.service.IdentityStore;
import fedexclient.service.KeyFollower;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.SettingException;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TokenRenewal;
import fedexclient.service.TryLaterException;
import fedexclient.service.Transport;
import fedexclient.service.Vault;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.UntrustedException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Who a device is at its service, and how it asks there. */
final class Membership {
  private final Path folder;
  private final IdentityStore identities;
  private final HeadStore heads;
  private final Transport transport;
  private final Predicate<Identity> hasUnsent;

  /**
   * Names the folder of a device.
   *
   * @param hasUnsent whether uploads of an identity are on their way
   */
  Membership(Path folder, Vault vault, HeadStore heads, Transport transport, Predicate<Identity> hasUnsent) {
    this.folder = folder;
    this.identities = new IdentityStore(folder, vault);
    this.heads = heads;
    this.transport = transport;
    this.hasUnsent = hasUnsent;
  }

  static long nowS() {
    return TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
  }

  Enroller enroller(Stop stop) {
    return new Enroller(identities, heads, connect(stop), stop, hasUnsent, Membership::nowS);
  }

  private Connect connect(Stop stop) {
    return Connect.byHttp(transport, stop);
  }

  /** Null: it is not enrolled. */
  @Nullable Identity find() throws EnrolmentException, StorageException {
    return identities.find();
  }

  /** Who this device is, settled. */
  Identity require(Stop stop) throws EnrolmentException, StorageException, StoppedException {
    return enroller(stop).settledIdentity();
  }

  /**
   * Lets nobody become another device than this one.
   *
   * @return lets go; to be run by the same thread
   * @throws TryLaterException it is another one by now
   */
  Runnable holdAs(Identity identity, Stop stop) throws TryLaterException, StorageException, StoppedException {
    ExclusiveLock.Held held = identities.hold(stop);
    try {
      check(identity);
      return held::close;
    } catch (TryLaterException | StorageException | RuntimeException error) {
      held.close();
      throw error;
    }
  }

  private void check(Identity identity) throws TryLaterException, StorageException {
    String expected = "expected device " + identity.device() + ", got ";
    @Nullable Identity found;
    try {
      found = identities.find();
    } catch (EnrolmentException error) {
      throw new TryLaterException(expected + error.getMessage(), (Long) null);
    }
    if (found == null || !found.device().equals(identity.device()) || !found.origin().equals(identity.origin())) {
      String got = found == null ? "none" : found.device() + ", enrolled meanwhile";
      throw new TryLaterException(expected + got, (Long) null);
    }
  }

  Service service(Identity identity, Stop stop) throws SettingException {
    return connect(stop).to(identity.url(), identity);
  }

  /** What is to be erased of a device at its service. */
  Erasure erasure(Identity identity) {
    return new Erasure(folder, identity.device(), System::currentTimeMillis);
  }

  SpaceWatch spaces(Identity identity, Stop stop) {
    return new SpaceWatch(folder, identity, laterKeys(stop), Membership::nowS);
  }

  LaterKeys laterKeys(Stop stop) {
    return (service, envelope) -> follow(service, envelope, stop);
  }

  private PublicKey follow(Service service, byte[] envelope, Stop stop)
      throws ServiceException, UntrustedException, StorageException {
    try {
      return new KeyFollower(identities, service, stop).follow(Envelope.parse(envelope, Envelope.MAX_BYTES));
    } catch (ContractException error) {
      throw new ProtocolViolationException(error);
    } catch (EnrolmentException error) { // it was somebody else a moment ago, and is asked again as who it is now
      throw new TryLaterException(String.valueOf(error.getMessage()), (Long) null);
    }
  }

  /**
   * What a refusal means: that a token counts no more which another has replaced meanwhile, as a pull's does a push's, is
   * over by the next time.
   */
  ServiceException meant(RefusedException refused, Identity asked) {
    try {
      @Nullable Identity now = identities.find();
      boolean isReplaced = refused.problem() == Problem.UNAUTHENTICATED && now != null
          && !now.token().equals(asked.token());
      return isReplaced ? new TryLaterException(String.valueOf(refused.getMessage()), (Long) null) : refused;
    } catch (EnrolmentException | StorageException error) {
      return refused;
    }
  }

  /** Replaces an old token after what was asked for was done: whatever goes wrong, the old one still counts. */
  void renewToken(Identity identity, Service service, Stop stop) {
    try {
      if (TokenRenewal.isOld(identity, nowS())) {
        new TokenRenewal(identities, service, stop).renew(nowS());
      }
    } catch (ServiceException | UntrustedException | EnrolmentException | StorageException error) {
      // The next push or pull tries again.
    }
  }
}
