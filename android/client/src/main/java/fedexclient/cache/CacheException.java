package fedexclient.cache;

/**
 * The cache could not do what was asked, and nothing of it was done. Recognising goes on without it.
 *
 * <p>What can be done about it is said by which one it is: {@link CacheFullException} free space; {@link
 * CacheDamagedException} open it again; {@link NewerCacheException} update the app; {@link CacheAccessException} try
 * again, or repair the folder; {@link NoInferenceException} recognise the photo again.
 */
public abstract class CacheException extends Exception {
  private static final long serialVersionUID = 1L;

  CacheException(String message) {
    super(message);
  }

  CacheException(String message, Throwable cause) {
    super(message, cause);
  }
}
