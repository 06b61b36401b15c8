package fedexclient.sync;

import fedexclient.service.Stop;

/** An app that pushes and pulls by itself: its {@code Application} is one, as Android starts it for a job alone. */
public interface SyncHost {
  /** The jobs of this app, for its policy and as it stands now. Quick; no file is opened, nothing asks a network. */
  SyncJobs syncJobs();

  /**
   * Pushes and pulls once, in the thread of a job.
   *
   * @return the seconds until the next round is due; 1 where more could be done at once
   */
  double syncOnce(Stop stop);
}
