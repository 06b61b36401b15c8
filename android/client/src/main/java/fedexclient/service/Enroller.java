package fedexclient.service;

import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.PublicKey;
import fedexclient.storage.ExclusiveLock;
import fedexclient.storage.StorageException;
import fedexclient.trust.KeyRefusedException;
import fedexclient.trust.KeyTrust;
import fedexclient.trust.UntrustedException;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes this a device of a group, and keeps it the same one: with the service's key pinned, and a secret of its own.
 *
 * <pre>
 * 1  the service's keys        one of them must have the fingerprint that was given, or be the one that was pinned
 * 2  the secret is kept        before it is sent
 * 3  code and secret are sent  the answer's key must be one that step 1 leads to; the later one is pinned
 * 4  the identity is kept      with the secret, by one rename
 * 5  heads are forgotten       those of another group; if it is killed before that, the next push or pull does it
 * </pre>
 *
 * <p>All the while nothing is sealed by anybody: a push for whom this device was finds out then that it is another one.
 * From step 3 on nothing is installed either: a pull for whom this device was would be too late to be forgotten.
 *
 * <p>Who asks with the same secret again is the same device, so neither an answer that was lost nor a token that no
 * longer counts makes another one. Without a fingerprint, the first enrolment trusts TLS and the first answer. One
 * thread of one process asks at a time.
 */
public final class Enroller {
  private final IdentityStore store;
  private final Heads heads;
  private final Connect connect;
  private final Stop stop;
  private final Predicate<Identity> hasUnsent;
  private final LongSupplier now;
  private final Consumer<EnrolmentStep> done;

  /**
   * Makes an enroller.
   *
   * @param stop ends what it waits for, as {@code connect} has it do
   * @param hasUnsent whether uploads of an identity are on their way
   * @param now Unix seconds
   */
  public Enroller(IdentityStore store, Heads heads, Connect connect, Stop stop, Predicate<Identity> hasUnsent,
      LongSupplier now) {
    this(store, heads, connect, stop, hasUnsent, now, step -> {});
  }

  Enroller(IdentityStore store, Heads heads, Connect connect, Stop stop, Predicate<Identity> hasUnsent,
      LongSupplier now, Consumer<EnrolmentStep> done) {
    this.store = store;
    this.heads = heads;
    this.connect = connect;
    this.stop = stop;
    this.hasUnsent = hasUnsent;
    this.now = now;
    this.done = done;
  }

  /**
   * Makes sure that this is a device of the service at an address.
   *
   * <p>At another address than that of its enrolment, the service has to prove that it is the same one; neither token
   * nor code is sent before that. A device whose token counts keeps it, and only the new address is kept. One whose
   * token no longer counts shows by its secret that it is the same one, and gets another token. With the fingerprint of
   * a key that the pinned one leads to, that key is pinned.
   *
   * @param url where the service is
   * @param code the operator's, which names the group
   * @param fingerprint of a key of the service, 32 hex digits; nothing is sent to a service without it
   * @throws AnotherServiceException the service at a new address does not prove that it is the same one
   * @throws KeyRefusedException none of its keys has the fingerprint, or they do not follow one from the other
   * @throws EnrolmentException enrolled with another service or group, garbled or another phone's: the identity stays
   * @throws StorageException the identity could not be kept
   */
  public Enrolment enrol(String url, String code, @Nullable String fingerprint)
      throws ServiceException, UntrustedException, EnrolmentException, SettingException, StorageException {
    ExclusiveLock.Held held = store.hold(stop);
    try {
      Identity before = store.find();
      return before == null
          ? startAnew(url, code, fingerprint, null) : renew(before, url, code, fingerprint);
    } finally {
      held.close();
    }
  }

  /**
   * Becomes a device of the service at an address, whatever this device was before.
   *
   * <p>It stays the same one where it was enrolled at this very address, with the same service and group. Otherwise the
   * identity is given up, and with it the heads of the old group; feedback that was given in another group is not sent
   * to the new one. An identity that is garbled, another phone's, or sealed by a key that is lost is given up too; a key
   * is taken for lost when it could not be used for a second.
   *
   * @throws UnsentUploadsException some can still be sent as the old device, and only as that; nothing has changed
   */
  public Enrolment enrolAgain(String url, String code, @Nullable String fingerprint)
      throws ServiceException, UntrustedException, EnrolmentException, SettingException, StorageException {
    ExclusiveLock.Held held = store.hold(stop);
    try {
      Identity before = store.findOrGiveUp(stop);
      checkAllSent(before);
      return startAnew(url, code, fingerprint, before);
    } finally {
      held.close();
    }
  }

  /**
   * Who this device is, once another group's heads are forgotten, if a killed enrolment left that to do: not while a
   * pull is at it, which installs nothing then.
   */
  public Identity settledIdentity() throws EnrolmentException, StorageException, StoppedException {
    Identity identity = store.require();
    if (!identity.mustForgetHeads()) {
      return identity;
    }
    ExclusiveLock.Held held = store.hold(stop);
    try {
      return settled(store.require());
    } finally {
      held.close();
    }
  }

  /** Forgets another group's heads, if that is left to do: not while a pull is at it, which installs nothing. */
  private Identity settled(Identity identity) throws StorageException {
    if (!identity.mustForgetHeads()) {
      return identity;
    }
    Runnable letGo;
    try {
      letGo = heads.hold();
    } catch (TryLaterException error) {
      return identity; // the next one does it
    }
    try {
      return forgetHeads(identity);
    } finally {
      letGo.run();
    }
  }

  private Enrolment renew(Identity before, String url, String code, @Nullable String fingerprint)
      throws ServiceException, UntrustedException, EnrolmentException, SettingException, StorageException {
    try (Service service = connect.to(url, before)) {
      @Nullable KeyTrust asked = fingerprint == null ? null : KeyTrust.of(service.keys());
      List<PublicKey> trusted = asked == null ? Collections.emptyList() : trusted(asked, fingerprint);
      boolean isKnown = service.isKnown();
      if (isKnown && asked == null) {
        return keepKnown(before.at(url));
      }
      KeyTrust keys = asked == null ? KeyTrust.of(service.keys()) : asked;
      if (!isOf(before, keys)) {
        throw another(before, url, "key " + keys.newest());
      }
      return isKnown
          ? keepKnown(before.at(url).withKey(later(before, trusted)))
          : showSecret(service, before, url, code, keys, asked == null ? keys.keys() : trusted);
    }
  }

  /** The keys that a fingerprint lets in: that of it, and those after it; all where none was given. */
  private static List<PublicKey> trusted(KeyTrust keys, @Nullable String fingerprint) throws KeyRefusedException {
    return fingerprint == null ? keys.keys() : keys.from(fingerprint);
  }

  /** Whether these are the keys of the service that a device enrolled with. */
  private static boolean isOf(Identity before, KeyTrust keys) {
    return keys.first().equals(before.firstKey()) && keys.keys().contains(before.key());
  }

  /** A key whose fingerprint was given is pinned, unless the pinned one comes after it. */
  private static PublicKey later(Identity before, List<PublicKey> trusted) {
    return trusted.contains(before.key()) ? before.key() : trusted.get(0);
  }

  private Enrolment showSecret(
      Service service, Identity before, String url, String code, KeyTrust keys, List<PublicKey> trusted)
      throws ServiceException, UntrustedException, EnrolmentException, StorageException {
    Runnable letGo = heads.hold();
    try {
      EnrolmentReply reply = service.enrol(code, before.secret());
      done.accept(EnrolmentStep.ANSWERED);
      PublicKey key = keys.choose(reply.key(), trusted, before.key());
      Identity identity = identity(reply, url, key, before.secret(), keys);
      if (!identity.origin().equals(before.origin())) {
        throw another(before, url, "group " + identity.group());
      }
      return keep(identity, before);
    } finally {
      letGo.run();
    }
  }

  private Enrolment startAnew(String url, String code, @Nullable String fingerprint, @Nullable Identity before)
      throws ServiceException, UntrustedException, SettingException, StorageException {
    try (Service service = connect.to(url, null)) {
      KeyTrust keys = KeyTrust.of(service.keys());
      List<PublicKey> trusted = trusted(keys, fingerprint);
      // Only its own service, at its own address, may be shown the secret.
      @Nullable Identity same = before != null && url.equals(before.url()) && isOf(before, keys) ? before : null;
      byte[] secret = same == null ? pending().secretFor(url) : same.secret();
      done.accept(EnrolmentStep.SECRET_KEPT);
      Runnable letGo = heads.hold();
      try {
        EnrolmentReply reply = service.enrol(code, secret);
        done.accept(EnrolmentStep.ANSWERED);
        PublicKey key = keys.choose(reply.key(), trusted, same == null ? null : same.key());
        return keep(identity(reply, url, key, secret, keys), before);
      } finally {
        letGo.run();
      }
    }
  }

  private Identity identity(EnrolmentReply reply, String url, PublicKey key, byte[] secret, KeyTrust keys) {
    return new Identity(url, reply.device(), reply.token(), reply.group(), key, keys.first(), secret,
        now.getAsLong(), false);
  }

  /** Keeps that a device whose token counts is somewhere else, or knows another key. */
  private Enrolment keepKnown(Identity identity) throws StorageException {
    store.keep(identity);
    done.accept(EnrolmentStep.IDENTITY_KEPT);
    pending().forget();
    done.accept(EnrolmentStep.PENDING_FORGOTTEN);
    return new Enrolment(settled(identity), false, false);
  }

  /**
   * Keeps the identity, and then forgets what was another group's: the old one never stands without its floors.
   *
   * <p>The lock of the heads is held, or a pull for whom this device was would install its head afterwards.
   */
  private Enrolment keep(Identity identity, @Nullable Identity before) throws StorageException {
    boolean mustForget =
        before == null || before.mustForgetHeads() || !before.origin().equals(identity.origin());
    boolean isNew = before == null || !before.device().equals(identity.device());
    if (before != null && isNew) {
      heads.forgetTags();
      done.accept(EnrolmentStep.TAGS_FORGOTTEN);
    }
    store.keep(identity.forgettingHeads(mustForget));
    done.accept(EnrolmentStep.IDENTITY_KEPT);
    pending().forget();
    done.accept(EnrolmentStep.PENDING_FORGOTTEN);
    Identity settled = mustForget ? forgetHeads(identity) : identity;
    return new Enrolment(settled, isNew, before == null || !before.token().equals(identity.token()));
  }

  private Identity forgetHeads(Identity identity) throws StorageException {
    heads.forget();
    done.accept(EnrolmentStep.HEADS_FORGOTTEN);
    Identity settled = identity.forgettingHeads(false);
    store.keep(settled);
    return settled;
  }

  private PendingEnrolment pending() {
    return new PendingEnrolment(store.home(), store.vault());
  }

  private void checkAllSent(@Nullable Identity before) throws EnrolmentException, StoppedException {
    if (before != null && hasUnsent.test(before) && maySend(before)) {
      throw new UnsentUploadsException(
          "device " + before.device() + ": expected no sealed uploads on their way, got some");
    }
  }

  private boolean maySend(Identity identity) throws StoppedException {
    try (Service service = connect.to(identity.url(), identity)) {
      return service.isKnown();
    } catch (StoppedException error) {
      throw error;
    } catch (ServiceException | UntrustedException | SettingException error) {
      return false; // a service that cannot be asked cannot be sent anything either
    }
  }

  private static EnrolmentException another(Identity before, String url, String got) {
    return new EnrolmentException(Printable.of(url) + ": expected the pinned service (key " + before.key().id()
        + ", group " + before.group() + "), got " + got);
  }
}
