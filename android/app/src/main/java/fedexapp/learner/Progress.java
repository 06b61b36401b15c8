package fedexapp.learner;

/** Hears how far a push or pull has come; from whatever thread it runs in. */
public interface Progress {
  /**
   * Hears it.
   *
   * @param total 0 where it is not known
   */
  void at(long done, long total);
}
