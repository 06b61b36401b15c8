package fedexclient.pull;

import fedexclient.contract.ContractException;
import fedexclient.contract.Problem;
import fedexclient.contract.SpaceList;
import fedexclient.service.Identity;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.SignedAnswer;
import fedexclient.service.StoppedException;
import fedexclient.storage.AtomicFile;
import fedexclient.storage.StorageException;
import fedexclient.trust.Clocks;
import fedexclient.trust.SpacesJudge;
import fedexclient.trust.UntrustedException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one device knows of the spaces of its group: the signed list of them, asked for, judged and kept.
 *
 * <p>It counts for the group and service that it came from ({@link Identity#origin}): groups of two services may share a
 * name. A service that refuses a space as retired is not believed for good: it is asked for the list, and only a list
 * that is signed makes the device stop sending and asking, until a newer one says otherwise. Feedback stays.
 */
public final class SpaceWatch {
  private final AtomicFile file;
  private final Identity identity;
  private final LaterKeys later;
  private final DoubleSupplier now;

  /**
   * Watches the spaces of a device.
   *
   * @param home the device's folder, where {@code spaces.json} is
   * @param later follows the keys of the service
   * @param now tells Unix seconds
   */
  public SpaceWatch(Path home, Identity identity, LaterKeys later, DoubleSupplier now) {
    this.file = new AtomicFile(home.resolve("spaces.json"));
    this.identity = identity;
    this.later = later;
    this.now = now;
  }

  /** The newest list that was believed; an empty one where there is none, or one of another origin. */
  public KnownSpaces known() throws StorageException {
    byte @Nullable [] data = file.read(KnownSpaces.MAX_BYTES);
    try {
      KnownSpaces known = data == null ? KnownSpaces.NONE : KnownSpaces.parse(data);
      return known.origin().equals(identity.origin()) ? known : KnownSpaces.NONE;
    } catch (ContractException error) {
      return KnownSpaces.NONE; // it is asked for again
    }
  }

  /**
   * Asks for the list, and keeps it if it may be believed; where it may not, or there is none, what is known stays.
   *
   * @throws RefusedException the service has no list
   */
  public KnownSpaces refresh(Service service) throws ServiceException, UntrustedException, StorageException {
    KnownSpaces known = known();
    @Nullable SignedAnswer answer = service.spaces(known.etag());
    if (answer == null) {
      return known;
    }
    Clocks clocks = new Clocks(now.getAsDouble(), answer.date());
    SpaceList listed = new NewestKey(identity.key(), later).judge(service, answer.envelope(),
        key -> new SpacesJudge(key, identity.group(), known.floor()).judge(answer.envelope(), clocks));
    KnownSpaces newer = KnownSpaces.of(identity.origin(), listed, answer.etag());
    file.write(newer.encode());
    return newer;
  }

  /**
   * Makes sure that a space may be asked about; the network is used only where it was retired before.
   *
   * @throws SpaceRetiredException it is retired still
   */
  public void check(Service service, String space)
      throws SpaceRetiredException, ServiceException, UntrustedException, StorageException {
    if (known().retired().contains(space)) {
      refresh(service).check(space);
    }
  }

  /**
   * The spaces that are retired, as far as is known, before something that waits for some spaces is sent.
   *
   * <p>Where one of these was retired before, the list is asked for: it may have been restored. Whatever goes wrong
   * then, what is known stays.
   */
  public Set<String> retiredNow(Service service, Collection<String> spaces) throws StorageException, StoppedException {
    KnownSpaces known = known();
    return Collections.disjoint(known.retired(), spaces) ? known.retired() : tryRefresh(service).retired();
  }

  /** Asks for the list; whatever goes wrong, what is known stays, and is asked for again another time. */
  public KnownSpaces tryRefresh(Service service) throws StorageException, StoppedException {
    try {
      return refresh(service);
    } catch (StoppedException stopped) {
      throw stopped;
    } catch (ServiceException | UntrustedException | StorageException error) {
      return known();
    }
  }

  /**
   * Looks into a refusal of a space; returns where it says nothing of the space, or no signed list supports it.
   *
   * @throws SpaceRetiredException a signed list says that it is retired
   */
  public void explain(Service service, RefusedException refused, String space)
      throws SpaceRetiredException, ServiceException, UntrustedException, StorageException {
    if (refused.problem() == Problem.RETIRED_SPACE) {
      refresh(service).check(space);
    }
  }
}
