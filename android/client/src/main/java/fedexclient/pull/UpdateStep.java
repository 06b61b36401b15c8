package fedexclient.pull;

/** The instants at which a pull may be killed while the head that served goes on serving. */
public enum UpdateStep {
  JUDGED,
  DOWNLOADED,
  TRIED,
  INSTALLED;

  /** Called at each step. */
  interface Watcher {
    void at(UpdateStep step);
  }
}
