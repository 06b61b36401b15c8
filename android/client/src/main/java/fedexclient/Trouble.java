package fedexclient;

import fedexclient.cache.CacheException;
import fedexclient.cache.CacheFullException;
import fedexclient.cache.NewerCacheException;
import fedexclient.cache.NoInferenceException;
import fedexclient.contract.ContractException;
import fedexclient.keeping.KeepingException;
import fedexclient.keeping.UnknownAnswerException;
import fedexclient.pull.SpaceRetiredException;
import fedexclient.push.PushException;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.TensorException;
import fedexclient.service.AnotherServiceException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.RefusedException;
import fedexclient.service.SettingException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnsentUploadsException;
import fedexclient.storage.StorageException;
import fedexclient.sync.NoConsentException;
import fedexclient.trust.ClockAheadException;
import fedexclient.trust.UntrustedException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What can be done about something that went wrong, for an app that says it in one sentence. */
public enum Trouble {
  /** Nothing is wrong here: the service does not answer, asks for patience, or was asked to erase a moment ago. */
  TRY_LATER,
  /** Somebody asked for the end. */
  STOPPED,
  /** The user has not consented to uploads. */
  NO_CONSENT,
  /** The device is of no group yet, or of another one: an invitation helps. */
  NOT_ENROLLED,
  /** Uploads can still be sent as the device that this one is, and only so: a push helps, or forgetting them. */
  UNSENT,
  /** The service refuses it, now and later: its operator can help. */
  REFUSED,
  /** The service's answer is not believed; what is installed stays. */
  NOT_BELIEVED,
  /** The clock of this phone is ahead. */
  CLOCK_AHEAD,
  /** The address is not that of the service that the device enrolled with, or none at all. */
  ADDRESS,
  /** Some samples stay here: the setting or app that computed them is at fault, or their space is retired. */
  KEPT_BACK,
  /** There is no room on this phone. */
  NO_SPACE,
  /** A file of this device cannot be read or written. */
  STORAGE,
  /** The files here are of a later version of the app. */
  NEWER_VERSION,
  /** No photo, or tensor, that can be used. */
  PHOTO,
  /** No label, or none for this answer. */
  LABEL,
  /** The answer is not kept here any more. */
  GONE,
  /** The models of this app do not work here. */
  MODEL;

  /** What systems say of a disk, or a user's share of it, that is full; the files' names stand beside it. */
  private static final List<String> FULL = Collections.unmodifiableList(
      Arrays.asList("No space left", "ENOSPC", "uota exceeded", "EDQUOT"));

  /** In the order in which they are asked: kinds of a kind before it. */
  private static final Map<Class<? extends Exception>, Trouble> OF = table();

  private static Map<Class<? extends Exception>, Trouble> table() {
    Map<Class<? extends Exception>, Trouble> table = new LinkedHashMap<>();
    table.put(TryLaterException.class, TRY_LATER);
    table.put(StoppedException.class, STOPPED);
    table.put(NoConsentException.class, NO_CONSENT);
    table.put(UnsentUploadsException.class, UNSENT);
    table.put(EnrolmentException.class, NOT_ENROLLED);
    table.put(RefusedException.class, REFUSED);
    table.put(ClockAheadException.class, CLOCK_AHEAD);
    table.put(AnotherServiceException.class, ADDRESS);
    table.put(UntrustedException.class, NOT_BELIEVED);
    table.put(SettingException.class, ADDRESS);
    table.put(UnknownAnswerException.class, LABEL);
    table.put(KeepingException.class, KEPT_BACK);
    table.put(PushException.class, KEPT_BACK);
    table.put(SpaceRetiredException.class, KEPT_BACK);
    table.put(CacheFullException.class, NO_SPACE);
    table.put(NewerCacheException.class, NEWER_VERSION);
    table.put(NoInferenceException.class, GONE);
    table.put(CacheException.class, STORAGE);
    table.put(StorageException.class, STORAGE);
    table.put(PhotoException.class, PHOTO);
    table.put(TensorException.class, PHOTO);
    table.put(RecogniseException.class, MODEL);
    table.put(ContractException.class, LABEL);
    table.put(IOException.class, MODEL);
    return Collections.unmodifiableMap(table);
  }

  /** Tells which of them a checked exception of this library is. */
  static Trouble of(Exception error) {
    if ((error instanceof StorageException || error instanceof CacheException) && isOfAFullDisk(error)) {
      return NO_SPACE;
    }
    Trouble trouble = ofKind(error.getClass());
    if (trouble == null) {
      throw new IllegalArgumentException(error); // a new kind of exception, which belongs into the table
    }
    return trouble;
  }

  /** Tells which of them a kind of exception is; null: it is none of this library's. */
  static @Nullable Trouble ofKind(Class<?> kind) {
    for (Map.Entry<Class<? extends Exception>, Trouble> one : OF.entrySet()) {
      if (one.getKey().isAssignableFrom(kind)) {
        return one.getValue();
      }
    }
    return null;
  }

  private static boolean isOfAFullDisk(Throwable error) {
    String message = String.valueOf(error.getMessage());
    Throwable cause = error.getCause();
    return FULL.stream().anyMatch(message::contains) || cause != null && isOfAFullDisk(cause);
  }
}
