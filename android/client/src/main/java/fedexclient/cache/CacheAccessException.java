package fedexclient.cache;

/**
 * The file cannot be read or written: its folder is not to be had, another process holds it for too long, there is no
 * memory to read it into, or it was closed.
 */
public final class CacheAccessException extends CacheException {
  private static final long serialVersionUID = 1L;

  /** Says of which file, and what is wrong there. */
  public CacheAccessException(String message) {
    super(message);
  }

  CacheAccessException(String message, Throwable cause) {
    super(message, cause);
  }
}
