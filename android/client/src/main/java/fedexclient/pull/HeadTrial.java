package fedexclient.pull;

import fedexclient.service.ServiceException;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;

/** Runs a head for the first time. */
public interface HeadTrial {
  /**
   * Runs it on the golden sample of the bundle; returns its logits, class by class, which need not be finite.
   *
   * @throws HeadRefusedException it does not belong here, or does not run
   * @throws HeadCrashedException it took down what ran it, or gave no answer in time
   * @throws fedexclient.service.TryLaterException nothing could be tried, whatever the head
   * @throws fedexclient.service.StoppedException the end was asked for
   */
  float[] run(Candidate candidate, Stop stop) throws HeadRefusedException, ServiceException, StorageException;
}
