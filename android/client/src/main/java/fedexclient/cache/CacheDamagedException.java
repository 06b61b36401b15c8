package fedexclient.cache;

/** The file is not what was written. It is marked: when it is opened again it is set aside, and a new one begun. */
public final class CacheDamagedException extends CacheException {
  private static final long serialVersionUID = 1L;

  CacheDamagedException(String message) {
    super(message);
  }

  CacheDamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
