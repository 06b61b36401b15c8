package fedexclient.pull;

import fedexclient.service.EnrolmentException;
import fedexclient.service.Identity;
import fedexclient.storage.StorageException;
import org.jspecify.annotations.Nullable;

/** Reads who this device is now: it may have become another one since a pull was asked for. */
public interface WhoNow {
  /** Null: it is not enrolled any more. */
  @Nullable Identity find() throws EnrolmentException, StorageException;
}
