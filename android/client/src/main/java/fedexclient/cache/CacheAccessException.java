package fedexclient.cache;

/** The file cannot be read or written: its folder is not to be had, or another process holds it for too long. */
public final class CacheAccessException extends CacheException {
  private static final long serialVersionUID = 1L;

  CacheAccessException(String message, Throwable cause) {
    super(message, cause);
  }
}
