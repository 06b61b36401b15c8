package fedexclient.cache;

/** The file was written by a later version of this library. It is left alone. */
public final class NewerCacheException extends CacheException {
  private static final long serialVersionUID = 1L;

  NewerCacheException(String message) {
    super(message);
  }
}
