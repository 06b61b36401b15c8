package fedexclient.cache;

/** There is no room: on the disk, or within what a quota leaves. Nothing has changed. */
public final class CacheFullException extends CacheException {
  private static final long serialVersionUID = 1L;

  CacheFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
