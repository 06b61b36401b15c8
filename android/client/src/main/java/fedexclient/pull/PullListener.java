package fedexclient.pull;

/** Is told how far the download of a new head has come, each time that some of it has; in the thread of the pull. */
public interface PullListener {
  /**
   * Hears it.
   *
   * @param done bytes that are here, also from an earlier pull
   * @param total bytes of the head that is being fetched, and of its labels
   */
  void progressed(long done, long total);
}
