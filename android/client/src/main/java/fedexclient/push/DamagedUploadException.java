package fedexclient.push;

/** The bytes of an upload in the cache are no longer those that were sealed: the service would never take them. */
public final class DamagedUploadException extends PushException {
  private static final long serialVersionUID = 1L;

  DamagedUploadException(String upload) {
    super("upload " + upload + ": expected the bytes that were sealed, got others");
  }
}
