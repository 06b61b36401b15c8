package fedexclient.push;

import fedexclient.cache.CacheException;
import fedexclient.cache.SealedUpload;
import fedexclient.contract.Sha256;
import fedexclient.contract.UploadFate;
import fedexclient.service.CutOffException;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import fedexclient.trust.UntrustedException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One push, as {@link Sender} says. */
final class Push {
  private final Outbox outbox;
  private final Service service;
  private final Set<String> retired;
  private final Stop stop;
  private final PushListener listener;
  private final Tally tally = new Tally();

  Push(Outbox outbox, Service service, Set<String> retired, Stop stop, PushListener listener) {
    this.outbox = outbox;
    this.service = service;
    this.retired = retired;
    this.stop = stop;
    this.listener = listener;
  }

  PushReport run() throws CacheException, StorageException {
    try {
      if (sendWhatIsSealed()) {
        sealAndSend();
      }
      tell();
    } catch (StoppedException error) {
      tally.wasStopped = true;
    } catch (TryLaterException error) { // nothing is sealed any more as whom this device was
      tally.met(error, UploadFate.ALL_WAIT);
    }
    tally.leftOut(outbox.leftOut().values());
    return new PushReport(tally);
  }

  /** Sends what was sealed before; returns whether the push goes on. */
  private boolean sendWhatIsSealed()
      throws CacheException, TryLaterException, StorageException, StoppedException {
    outbox.takeOldApart();
    for (String upload : outbox.unsent()) {
      SealedUpload sealed = outbox.find(upload);
      if (sealed != null && !deliver(sealed)) {
        return false;
      }
    }
    return true;
  }

  private void sealAndSend() throws CacheException, TryLaterException, StorageException, StoppedException {
    boolean goesOn = true;
    while (goesOn) {
      stop.check();
      SealedUpload sealed = outbox.seal();
      goesOn = sealed != null && deliver(sealed);
    }
  }

  /** Sends one upload and does what is to be done about it; returns whether the push goes on. */
  private boolean deliver(SealedUpload sealed)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    stop.check();
    tell();
    Exception problem = retired.contains(sealed.space())
        ? new SpaceRetiredException(sealed.id(), sealed.space()) : send(sealed);
    if (problem == null) {
      outbox.acknowledge(sealed.id());
      tally.acknowledged(sealed);
      return true;
    }
    UploadFate fate = carryOut(sealed, problem);
    tally.met(problem, fate);
    return fate != UploadFate.ALL_WAIT;
  }

  private void tell() throws CacheException {
    listener.progressed(new PushProgress(tally.uploads, tally.bytes, outbox.countUnsent()));
  }

  /** Sends one upload; returns why it is not acknowledged, or null if it is. */
  private @Nullable Exception send(SealedUpload sealed) throws StoppedException {
    byte[] body = sealed.body();
    if (!Sha256.hex(body).equals(sealed.id())) {
      return new DamagedUploadException(sealed.id()); // the service would ask for it again and again
    }
    try {
      service.upload(body, sealed.space(), sealed.id());
      return null;
    } catch (StoppedException error) {
      throw error;
    } catch (CutOffException error) {
      return ask(sealed, error);
    } catch (ServiceException | UntrustedException error) {
      return error;
    }
  }

  /** Asks whether an upload arrived before its connection broke; returns what stands against it, null if it did. */
  private @Nullable Exception ask(SealedUpload sealed, CutOffException cutOff) throws StoppedException {
    try {
      return service.hasUpload(sealed.space(), sealed.id()) ? null : cutOff;
    } catch (StoppedException error) {
      throw error;
    } catch (ServiceException | UntrustedException error) {
      return error;
    }
  }

  /** Does what the table decides, and returns what that was. */
  private UploadFate carryOut(SealedUpload sealed, Exception problem)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    UploadFate fate = Reaction.to(problem, true);
    if (!takeApart(sealed, problem, fate)) {
      fate = Reaction.to(problem, false);
    }
    String said = said(problem);
    if (fate == UploadFate.IS_SET_ASIDE) {
      outbox.setAside(sealed.id(), said);
    } else if (fate == UploadFate.WAITS || fate == UploadFate.ALL_WAIT) {
      outbox.note(sealed.id(), said);
    }
    return fate;
  }

  /** What is noted of an upload: for a refusal its type first, for whoever tells people in their language. */
  private static String said(Exception problem) {
    String message = String.valueOf(problem.getMessage());
    return problem instanceof RefusedException ? ((RefusedException) problem).problem() + " " + message : message;
  }

  /** Does so if that is the fate; returns false where it cannot be done. */
  private boolean takeApart(SealedUpload sealed, Exception problem, UploadFate fate)
      throws CacheException, TryLaterException, StorageException, StoppedException {
    if (fate == UploadFate.IS_SPLIT) {
      return outbox.split(sealed);
    }
    if (fate == UploadFate.SAMPLES_ARE_SET_ASIDE) {
      RefusedException refusal = (RefusedException) problem;
      return outbox.setSamplesAside(sealed, refusal.samples(), said(refusal));
    }
    return true;
  }
}
