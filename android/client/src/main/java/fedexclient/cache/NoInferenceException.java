package fedexclient.cache;

/** An inference was asked for that the cache does not have, or no longer. */
public final class NoInferenceException extends CacheException {
  private static final long serialVersionUID = 1L;

  private final long inference;

  NoInferenceException(long inference) {
    super("inference " + inference + ": expected one that is in the cache, got none");
    this.inference = inference;
  }

  /** The id that was asked for. */
  public long inference() {
    return inference;
  }
}
